import { describe, expect, it } from '@jest/globals';
import { Numbered } from './numbered.js';

interface Thing {
  readonly id: number;
}

const added = (numbered: Numbered<Thing>, count: number): Thing[] =>
  Array.from({ length: count }, () => {
    const thing = { id: numbered.next() };
    numbered.add(thing);
    return thing;
  });

describe('what is numbered', () => {
  it('is found and taken under its number, and no number is given twice', () => {
    const numbered = new Numbered<Thing>();
    const stays = added(numbered, 1);
    const numbers = new Set<number>();
    for (let round = 0; round < 500; round++) {
      const some = added(numbered, 3);
      for (const { id } of some) numbers.add(id);
      expect(some.map(({ id }) => numbered.take(id))).toEqual(some);
      expect(numbered.take(some[0]!.id)).toBeUndefined();
    }
    expect(numbers.size).toBe(1_500);
    expect(numbered.all()).toEqual(stays);
    expect(numbered.get(stays[0]!.id)).toBe(stays[0]);
  });

  it('may be much at once', () => {
    const numbered = new Numbered<Thing>();
    const all = added(numbered, 2_000);
    expect(all.every((thing) => numbered.get(thing.id) === thing)).toBe(true);
    expect(new Set(numbered.all()).size).toBe(2_000);
    expect([-1, 0.5, 2_000, 1e300, Infinity].map((strange) => numbered.get(strange))).toEqual(Array(5).fill(undefined));
  });
});
