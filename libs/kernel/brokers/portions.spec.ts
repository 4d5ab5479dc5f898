import { describe, expect, it } from '@jest/globals';
import { portionsOf } from './portions.js';

describe('portions', () => {
  const of = (items: readonly string[]) => portionsOf(items, { count: 3, length: 6 }, ({ length }) => length);

  it('keep the order, and have neither too many items nor too much text', () => {
    expect(of([])).toEqual([]);
    expect(of(['a', 'b', 'c', 'd'])).toEqual([['a', 'b', 'c'], ['d']]);
    expect(of(['aaa', 'bbb', 'c', 'dddddd', 'e'])).toEqual([['aaa', 'bbb'], ['c'], ['dddddd'], ['e']]);
  });

  it('have an item alone that is too long', () => {
    expect(of(['a', 'bbbbbbbbb', 'c'])).toEqual([['a'], ['bbbbbbbbb'], ['c']]);
  });
});
