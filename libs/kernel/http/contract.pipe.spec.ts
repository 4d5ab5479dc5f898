import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { type Failure, text } from '#kernel/messages';
import { ContractPipe } from './contract.pipe.js';

const schema = z.object({ limit: z.int().default(20), name: text().optional() });
const pipe = new ContractPipe();
const read = (type: 'query' | 'body', value: unknown) => pipe.transform(value, { type, schema });

/** Names that every object has without having such a field. */
const inherited = ['__proto__', 'constructor', 'toString', 'valueOf', 'hasOwnProperty', 'isPrototypeOf'];

describe('a field called as what every object inherits', () => {
  it.each(inherited)('passes for an unknown one in a query: %s', (name) => {
    const query = Object.assign(Object.create(null), { limit: '7', colour: '1' }) as object;
    Object.defineProperty(query, name, { value: '1', enumerable: true });
    expect(read('query', query)).toEqual({ limit: 7 });
  });

  it.each(inherited)('is refused as an unknown one in a body: %s', (name) => {
    expect(() => read('body', JSON.parse(`{"${name}":1}`))).toThrow(
      expect.objectContaining({
        code: 'kernel.invalid_input',
        details: [expect.objectContaining({ pointer: `/${name}` })],
      }),
    );
  });
});

describe('an input that is wrong in many places', () => {
  const refusal = (body: unknown): unknown => {
    try {
      return read('body', body);
    } catch (error) {
      return error;
    }
  };
  const strange = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`field${at}`, at]));
  const shape = 'The request does not have the shape that its contract declares.';

  it('is told all of them up to 20', () => {
    expect(refusal(strange(20))).toMatchObject({ message: shape, details: { length: 20 } });
  });

  it('is told 20 of them, and how many there are', () => {
    const { message, details } = refusal({ ...strange(60_000), limit: 'all' }) as Failure;
    expect(message).toBe(`${shape} Of 60001 wrong fields, 20 are told.`);
    expect((details as { pointer: string }[]).map(({ pointer }) => pointer)).toEqual([
      '/limit',
      ...Array.from({ length: 19 }, (_, at) => `/field${at}`),
    ]);
  });

  it('is told so where nobody looked for more', () => {
    const list = z.object({ names: z.array(text()) });
    const long = { names: Array.from({ length: 60_000 }, () => 7) };
    expect(() => pipe.transform(long, { type: 'body', schema: list })).toThrow(
      `${shape} Of more than 20 wrong fields, 20 are told.`,
    );
  });
});
