import { describe, expect, it } from '@jest/globals';
import { type ApiSnapshot, compareApis, compareMessages, type MessageSnapshot } from './compatibility.js';
import { lineOf, type Place } from './snapshot-places.js';

const money = { type: 'object', properties: { amount: { type: 'integer' }, currency: { type: 'string' } } };
const message = {
  name: 'shop.buy.v1',
  kind: 'command',
  context: 'shop',
  access: { kind: 'anyone' },
  key: null,
  sensitive: false,
  repeatable: false,
  input: {
    type: 'object',
    properties: {
      lines: { type: 'array', items: { type: 'object', properties: { price: { $ref: '#/$defs/Money' } } } },
    },
    $defs: { Money: money },
  },
  answer: null,
  errors: {},
  askedBy: [],
  sentBy: [],
  subscribers: [],
} satisfies MessageSnapshot;

/** The line of a file on which the first thing of this text stands. */
const lineWith = (document: object, text: string): number =>
  JSON.stringify(document, null, 2)
    .split('\n')
    .findIndex((line) => line.includes(text)) + 1;

describe('the line of a change', () => {
  it('is that of the field, behind references too', () => {
    const before = { messages: [{ ...message, name: 'shop.ask.v1', input: {} }, message] };
    const { currency: _, ...properties } = money.properties;
    const now = { ...message, input: { ...message.input, $defs: { Money: { ...money, properties } } } };
    const [change] = compareMessages(before.messages, [before.messages[0]!, now]).breaking;
    expect(change!.sentence).toBe('shop.buy.v1: input $.lines[*].price.currency is gone');
    expect(lineOf(before, change!.place)).toBe(lineWith(before, '"currency"'));
  });

  it('is found in an API, behind references into its components', () => {
    const api = (schema: object): ApiSnapshot => ({
      paths: {
        '/a': { get: { responses: {} } },
        '/b': {
          get: {
            responses: {
              '200': { content: { 'application/json': { schema: { $ref: '#/components/schemas/Money' } } } },
            },
          },
        },
      },
      components: { schemas: { Other: { type: 'string' }, Money: schema as never } },
    });
    const [change] = compareApis(api(money), api({ ...money, properties: { amount: { type: 'integer' } } })).breaking;
    expect(lineOf(api(money), change!.place)).toBe(lineWith(api(money), '"currency"'));
  });

  it.each<[string, Place]>([
    ['"a"', ['a']],
    ['"c"', ['b', 1, 'c']],
    ['"c"', ['b', 1, 'c', 'unknown']],
    ['"e"', ['e']],
  ])('of %s is counted past all before it', (text, place) => {
    const document = { a: {}, b: [[], { x: [1, 2], c: 'c' }], d: { deep: [{}] }, e: null };
    expect(lineOf(document, place)).toBe(lineWith(document, text));
  });
});
