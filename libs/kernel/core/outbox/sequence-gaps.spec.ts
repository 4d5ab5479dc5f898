import { describe, expect, it } from '@jest/globals';
import type { OutboxMessage } from './destination.js';
import { SequenceGaps } from './sequence-gaps.js';

const messages = (...sequences: number[]) => sequences.map((sequence) => ({ sequence }) as OutboxMessage);
const sequences = (turn: readonly OutboxMessage[]) => turn.map(({ sequence }) => sequence);

/** One after a poll that showed all up to `through`. */
function from(through: number): SequenceGaps {
  const gaps = new SequenceGaps();
  gaps.pollBegins();
  gaps.pollEnded([through], '100:100:');
  return gaps;
}

describe('committed messages whose turn it is', () => {
  it('are none before a first poll', () => {
    const gaps = new SequenceGaps();
    expect(gaps.committed(messages(7))).toEqual([]);
    expect(gaps.waits).toBe(true);
    gaps.pollBegins();
    expect(sequences(gaps.pollEnded([7], '100:100:'))).toEqual([]); // the poll showed it
    expect(gaps.waits).toBe(false);
    expect(sequences(gaps.committed(messages(8, 9)))).toEqual([8, 9]);
  });

  it('wait for those before them, in whichever order their commits become known', () => {
    const gaps = from(10);
    expect(sequences(gaps.committed(messages(13)))).toEqual([]);
    expect(sequences(gaps.committed(messages(12)))).toEqual([]);
    expect(sequences(gaps.committed(messages(11, 14)))).toEqual([11, 12, 13, 14]);
  });

  it('wait while a poll runs, and do not come again where it showed them', () => {
    const gaps = from(10);
    gaps.pollBegins();
    expect(sequences(gaps.committed(messages(11, 12)))).toEqual([]);
    expect(sequences(gaps.pollEnded([11], '120:120:'))).toEqual([12]);
    expect(sequences(gaps.committed(messages(12)))).toEqual([]); // known already
  });

  it('wait behind those of another process until a poll shows them', () => {
    const gaps = from(10);
    expect(sequences(gaps.committed(messages(12)))).toEqual([]);
    gaps.pollBegins();
    expect(sequences(gaps.pollEnded([11, 12], '120:120:'))).toEqual([]);
    expect(sequences(gaps.committed(messages(13)))).toEqual([13]);
  });

  it('wait behind a number whose transaction may still run', () => {
    const gaps = from(10);
    gaps.committed(messages(12));
    gaps.pollBegins();
    expect(sequences(gaps.pollEnded([12], '110:120:110'))).toEqual([]);
    expect(sequences(gaps.committed(messages(13)))).toEqual([]); // 11 may have the same key
    gaps.pollBegins();
    expect(sequences(gaps.pollEnded([13], '115:125:115'))).toEqual([]); // a transaction older than the first poll still runs
    expect(sequences(gaps.committed(messages(14)))).toEqual([]);
    gaps.pollBegins();
    gaps.pollEnded([14], '121:130:121');
    gaps.pollBegins();
    gaps.pollEnded([], '131:132:131');
    expect(sequences(gaps.committed(messages(15)))).toEqual([15]); // 11 was drawn in vain
  });

  it('do not pass over a number that was drawn after the poll began', () => {
    const gaps = from(10);
    gaps.pollBegins();
    expect(sequences(gaps.committed(messages(12)))).toEqual([]);
    expect(sequences(gaps.pollEnded([], '120:120:'))).toEqual([]); // nothing ran then, but 11 may have begun since
    expect(sequences(gaps.committed(messages(11)))).toEqual([11, 12]);
  });

  it('are all to be read where a poll failed', () => {
    const gaps = from(10);
    gaps.committed(messages(12));
    gaps.pollBegins();
    expect(sequences(gaps.pollEnded([], null))).toEqual([12]); // no lane accepts it, and so it is read
    expect(gaps.waits).toBe(false);
    expect(sequences(gaps.committed(messages(11)))).toEqual([11]);
  });
});
