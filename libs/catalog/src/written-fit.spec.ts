import { describe, expect, it } from '@jest/globals';
import { optionProblems, repeatedSkus } from './written-fit.js';

const size = { name: 'Size', values: ['S', 'M'] };
const colour = { name: 'Colour', values: ['Moss', 'Rust'] };
const variants = (...options: string[][]) => options.map((values, index) => ({ sku: `SKU-${index}`, options: values }));

describe('options and variants', () => {
  it('fit where every variant has its own choice of each option', () => {
    expect(optionProblems({ options: [], variants: variants([]) })).toEqual([]);
    expect(optionProblems({ options: [size, colour], variants: variants(['S', 'Moss'], ['S', 'Rust']) })).toEqual([]);
  });

  it.each([
    [[size], [['S', 'Moss']], '/variants/0/options'],
    [[size, colour], [['S']], '/variants/0/options'],
    [[], [['S']], '/variants/0/options'],
    [[], [[], []], '/variants/1/options'],
    [[size], [['S'], ['XL']], '/variants/1/options/0'],
    [
      [size, colour],
      [
        ['S', 'Moss'],
        ['S', 'Moss'],
      ],
      '/variants/1/options',
    ],
    [[size, { ...colour, name: 'Size' }], [['S', 'Moss']], '/options/1/name'],
    [[{ ...size, values: ['S', 'S'] }], [['S']], '/options/0/values'],
  ])('%j do not fit %j: %s', (options, values, pointer) => {
    const problems = optionProblems({ options, variants: variants(...values) });
    expect(problems.map((problem) => problem.pointer)).toEqual([pointer]);
  });

  it('name a SKU once', () => {
    const named = ['A', 'B', 'A', 'A'].map((sku) => ({ sku, options: [] }));
    expect(repeatedSkus(named)).toEqual(['A']);
    expect(repeatedSkus(named.slice(0, 2))).toEqual([]);
  });
});
