import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { text } from '../messages/index.js';
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
