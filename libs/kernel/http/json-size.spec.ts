import { describe, expect, it } from '@jest/globals';
import { hasTooManyFields } from './json-size.js';

const fields = (count: number, value = 1) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`field${at}`, value]));
const nested = (levels: number): unknown =>
  levels === 0 ? 1 : levels % 2 ? [nested(levels - 1)] : { a: nested(levels - 1) };
const variant = {
  id: 'v',
  sku: 's',
  title: 't',
  options: ['a', 'b', 'c'],
  price: { amount: 1, currency: 'EUR' },
  compareAtPrice: { amount: 1, currency: 'EUR' },
  barcode: 'b',
  grams: 1,
  image: 'i',
  inventoryQuantity: 1,
  available: true,
};

describe('a body', () => {
  it.each<[string, unknown, boolean]>([
    ['1,000 fields', fields(1_000), false],
    ['1,001 fields', fields(1_001), true],
    ['60,000 fields in a variant', { variants: [fields(60_000)] }, true],
    ['60,000 fields, 1,000 in an object', Array.from({ length: 60 }, () => fields(1_000)), true],
    [
      '2,000 variants with all that is shown of them',
      { variants: Array.from({ length: 2_000 }, () => variant) },
      false,
    ],
    ['a list of 200,000', Array.from({ length: 200_000 }, () => 1), false],
    ['32 levels', nested(32), false],
    ['33 levels', nested(33), true],
    ['signs in texts', { a: ':'.repeat(2_000), b: '{['.repeat(2_000), c: '\\":{\\'.repeat(2_000) }, false],
    ['signs in names', { [':{"\\'.repeat(2_000)]: 1 }, false],
    ['no fields', 7, false],
  ])('of %s has too many or not', (_, body, tooMany) => {
    expect(hasTooManyFields(JSON.stringify(body))).toBe(tooMany);
  });

  it.each(['', '"', '"\\', '}}}]', '{"a":"', ':::'])('that is no JSON is left to the parser: %j', (text) => {
    expect(hasTooManyFields(text)).toBe(false);
  });
});
