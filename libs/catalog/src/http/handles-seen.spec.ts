import { describe, expect, it } from '@jest/globals';
import { HandlesSeen } from './handles-seen.js';

describe('the handles of a file', () => {
  it('are known by the line of the first, however many there are', () => {
    const seen = new HandlesSeen();
    const handles = Array.from({ length: 20_000 }, (_, at) => `product-${at}`);
    expect(handles.filter((handle, at) => seen.lineOf(handle, at + 1) !== undefined)).toEqual([]);
    expect(handles.filter((handle, at) => seen.lineOf(handle, 99_999) !== at + 1)).toEqual([]);
  });

  it('are too many at some time, and the known ones still known', () => {
    const seen = new HandlesSeen(2);
    seen.lineOf('a', 1);
    seen.lineOf('b', 2);
    expect(() => seen.lineOf('c', 3)).toThrow(expect.objectContaining({ code: 'catalog.import.too_many_products' }));
    expect(seen.lineOf('b', 4)).toBe(2);
  });
});
