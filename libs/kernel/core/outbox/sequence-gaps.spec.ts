import { describe, expect, it } from '@jest/globals';
import type { OutboxMessage } from './destination.js';
import { SequenceGaps } from './sequence-gaps.js';

const rows = (...ids: number[]) => ids.map((sequence) => ({ sequence }) as OutboxMessage);
const ids = (handed: readonly OutboxMessage[]) => handed.map(({ sequence }) => sequence);

/** One that knows of everything up to `through`. */
function from(through: number): SequenceGaps {
  const gaps = new SequenceGaps();
  gaps.pollBegins();
  gaps.pollEnded([through], '100:100:');
  return gaps;
}

describe('rows that are handed over without being read', () => {
  it('are none before a look has shown where all stand', () => {
    const gaps = new SequenceGaps();
    expect(gaps.committed(rows(7))).toEqual([]);
    expect(gaps.waits).toBe(true);
    gaps.pollBegins();
    expect(ids(gaps.pollEnded([7], '100:100:'))).toEqual([]); // the look brought it
    expect(gaps.waits).toBe(false);
    expect(ids(gaps.committed(rows(8, 9)))).toEqual([8, 9]);
  });

  it('wait for those before them, in whichever order their commits become known', () => {
    const gaps = from(10);
    expect(ids(gaps.committed(rows(13)))).toEqual([]);
    expect(ids(gaps.committed(rows(12)))).toEqual([]);
    expect(ids(gaps.committed(rows(11, 14)))).toEqual([11, 12, 13, 14]);
  });

  it('wait while a look is under way, and are not handed over where it showed them', () => {
    const gaps = from(10);
    gaps.pollBegins();
    expect(ids(gaps.committed(rows(11, 12)))).toEqual([]);
    expect(ids(gaps.pollEnded([11], '120:120:'))).toEqual([12]);
    expect(ids(gaps.committed(rows(12)))).toEqual([]); // known already
  });

  it('wait behind another process’s until a look shows them', () => {
    const gaps = from(10);
    expect(ids(gaps.committed(rows(12)))).toEqual([]);
    gaps.pollBegins();
    expect(ids(gaps.pollEnded([11, 12], '120:120:'))).toEqual([]);
    expect(ids(gaps.committed(rows(13)))).toEqual([13]);
  });

  it('wait behind an id whose transaction may still run', () => {
    const gaps = from(10);
    gaps.committed(rows(12));
    gaps.pollBegins();
    expect(ids(gaps.pollEnded([12], '110:120:110'))).toEqual([]);
    expect(ids(gaps.committed(rows(13)))).toEqual([]); // 11 may be told of the same key
    gaps.pollBegins();
    expect(ids(gaps.pollEnded([13], '115:125:115'))).toEqual([]); // something older than the first look still runs
    expect(ids(gaps.committed(rows(14)))).toEqual([]);
    gaps.pollBegins();
    gaps.pollEnded([14], '121:130:121');
    gaps.pollBegins();
    gaps.pollEnded([], '131:132:131');
    expect(ids(gaps.committed(rows(15)))).toEqual([15]); // 11 was drawn in vain
  });

  it('do not pass over an id that was drawn after the look began', () => {
    const gaps = from(10);
    gaps.pollBegins();
    expect(ids(gaps.committed(rows(12)))).toEqual([]);
    expect(ids(gaps.pollEnded([], '120:120:'))).toEqual([]); // nothing ran then, but 11 may have begun since
    expect(ids(gaps.committed(rows(11)))).toEqual([11, 12]);
  });

  it('are all to be read where a look failed', () => {
    const gaps = from(10);
    gaps.committed(rows(12));
    gaps.pollBegins();
    expect(ids(gaps.pollEnded([], null))).toEqual([12]); // no lane takes it: that has them read
    expect(gaps.waits).toBe(false);
    expect(ids(gaps.committed(rows(11)))).toEqual([11]);
  });
});
