import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { checkInput } from './check-input.js';
import { text } from './schema.js';

const Variant = z.object({ sku: text().min(1), price: z.object({ amount: z.int() }), options: z.array(text()).max(3) });
const Product = z.object({
  title: text(),
  variants: z.array(Variant).min(1).max(2_000),
  tags: z.array(text()).optional(),
});
const variants = (count: number, variant: unknown) => Array.from({ length: count }, () => variant);
const good = { sku: 'A', price: { amount: 1 }, options: ['M'] };
const pointers = ({ issues }: { issues?: readonly { path: PropertyKey[] }[] | undefined }) =>
  issues?.map(({ path }) => path.join('.'));

/** How often a schema is asked: what it costs to find what is wrong. */
function counted(): { schema: z.ZodType; asked: () => number } {
  let asked = 0;
  const item = z.string().check(({ value, issues }) => {
    asked++;
    issues.push({ code: 'custom', input: value, message: 'wrong' });
  });
  return { schema: z.object({ list: z.array(item) }), asked: () => asked };
}

describe('the check of an input', () => {
  it.each([1, 2_000])('answers what is right, of %i variants', (count) => {
    const product = { title: 'a', variants: variants(count, { ...good, unknown: true }) };
    expect(checkInput(Product, product)).toEqual({ data: { title: 'a', variants: variants(count, good) } });
  });

  it('finds all that is wrong in a small input', () => {
    const issues = checkInput(Product, { variants: variants(30, { ...good, sku: '' }) });
    expect(issues).toMatchObject({ unfinished: false });
    expect(pointers(issues)).toEqual(['title', ...Array.from({ length: 30 }, (_, at) => `variants.${at}.sku`)]);
  });

  it('finds the first 20 wrong values of a large one, in their order', () => {
    const wrong = { ...good, sku: '', price: { amount: 'one' } };
    const issues = checkInput(Product, { title: 7, variants: [...variants(1_000, good), ...variants(1_000, wrong)] });
    expect(issues).toMatchObject({ unfinished: true });
    const ofVariants = Array.from({ length: 10 }, (_, at) => [
      `variants.${1_000 + at}.sku`,
      `variants.${1_000 + at}.price.amount`,
    ]);
    expect(pointers(issues)).toEqual(['title', ...ofVariants.flat().slice(0, 19)]);
  });

  it('finds the one wrong value of a large one', () => {
    const long = [...variants(1_999, good), { ...good, options: ['a', 'b', 'c', 'd'] }];
    const issues = checkInput(Product, { title: 'a', variants: long });
    expect([pointers(issues), issues]).toEqual([
      ['variants.1999.options'],
      expect.objectContaining({ unfinished: false }),
    ]);
  });

  it.each([
    ['is too long', { title: 'a', variants: variants(60_000, null) }, 'variants'],
    ['is none', { title: variants(60_000, null), variants: [good] }, 'title'],
    ['has its own fault', { title: 'a', variants: [], tags: variants(2_000, 'a') }, 'variants'],
  ])('tells one thing of a list that %s', (_, product, pointer) => {
    expect(pointers(checkInput(Product, product))).toEqual([pointer]);
  });

  it('asks no more than is told of a list that is wrong from end to end', () => {
    const { schema, asked } = counted();
    expect(checkInput(schema, { list: variants(60_000, 'a') })).toMatchObject({ unfinished: true });
    expect(asked()).toBe(21);
  });
});
