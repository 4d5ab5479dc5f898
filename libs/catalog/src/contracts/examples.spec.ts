import { expect, it } from '@jest/globals';
import * as contracts from './index.js';

const told = Object.entries(contracts).filter(([, contract]) => 'example' in contract && contract.example);

it.each(told)('%s has an example that fits it', (_, contract) => {
  const { input, answer, example } = contract as typeof contracts.GetProduct;
  expect(input.safeParse(example!.input).error).toBeUndefined();
  expect(answer.strict().parse(example!.output)).toEqual(example!.output);
});

it('is so of all that can be asked by hand', () => {
  expect(told.length).toBeGreaterThanOrEqual(8);
});
