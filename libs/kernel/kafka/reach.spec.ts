import { expect, it } from '@jest/globals';
import { Clock } from '#kernel/base';
import { Reach } from './reach.js';

class SetClock extends Clock {
  at = 1_000;
  now(): number {
    return this.at;
  }
}

const clock = new SetClock();
const picked = (reach: Reach, times: number) => Array.from({ length: times }, () => reach.pick());

it('partitions are used in turn', () => {
  expect(picked(new Reach(clock, 3, 2), 4)).toEqual([0, 1, 2, 0]);
});

it('none is used for a while of which a request got no reply, nor another of the replica that is silent', () => {
  const reach = new Reach(clock, 4, 3);
  reach.heard('a', [0, 2]);
  reach.heard('b', [1, 3]);
  reach.silent(0, clock.now() + 1);
  expect(picked(reach, 3)).toEqual([1, 3, 1]);
  clock.at += 8_000;
  expect(picked(reach, 3)).toEqual([2, 3, 0]);
});

it('of a replica that was heard meanwhile, only that partition is avoided', () => {
  const reach = new Reach(clock, 4, 3);
  const since = clock.now();
  reach.heard('a', [0, 2]);
  reach.silent(0, since);
  expect(picked(reach, 3)).toEqual([1, 2, 3]);
});

it('those of nobody known are avoided together', () => {
  const reach = new Reach(clock, 4, 3);
  reach.heard('b', [3]);
  reach.silent(0, clock.now());
  expect(picked(reach, 2)).toEqual([3, 3]);
});

it('a partition that another replica reads now is used again', () => {
  const reach = new Reach(clock, 2, 1);
  reach.heard('a', [0, 1]);
  reach.silent(0, clock.now() + 1);
  reach.heard('b', [1]);
  expect(picked(reach, 2)).toEqual([1, 1]);
});

it('all are used in turn where all are silent', () => {
  const reach = new Reach(clock, 2, 1);
  reach.silent(0, clock.now());
  expect(picked(reach, 3)).toEqual([0, 1, 0]);
});
