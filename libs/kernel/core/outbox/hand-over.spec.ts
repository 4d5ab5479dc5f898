import { describe, expect, it } from '@jest/globals';
import type { OutboxMessage } from './destination.js';
import { HandOver } from './hand-over.js';

const rows = (...ids: number[]) => ids.map((sequence) => ({ sequence }) as OutboxMessage);
const ids = (handed: readonly OutboxMessage[]) => handed.map(({ sequence }) => sequence);

/** One that knows of everything up to `through`. */
function from(through: number): HandOver {
  const handOver = new HandOver();
  handOver.look();
  handOver.looked([through], '100:100:');
  return handOver;
}

describe('rows that are handed over without being read', () => {
  it('are none before a look has shown where all stand', () => {
    const handOver = new HandOver();
    expect(handOver.committed(rows(7))).toEqual([]);
    expect(handOver.waits).toBe(true);
    handOver.look();
    expect(ids(handOver.looked([7], '100:100:'))).toEqual([]); // the look brought it
    expect(handOver.waits).toBe(false);
    expect(ids(handOver.committed(rows(8, 9)))).toEqual([8, 9]);
  });

  it('wait for those before them, in whichever order their commits become known', () => {
    const handOver = from(10);
    expect(ids(handOver.committed(rows(13)))).toEqual([]);
    expect(ids(handOver.committed(rows(12)))).toEqual([]);
    expect(ids(handOver.committed(rows(11, 14)))).toEqual([11, 12, 13, 14]);
  });

  it('wait while a look is under way, and are not handed over where it showed them', () => {
    const handOver = from(10);
    handOver.look();
    expect(ids(handOver.committed(rows(11, 12)))).toEqual([]);
    expect(ids(handOver.looked([11], '120:120:'))).toEqual([12]);
    expect(ids(handOver.committed(rows(12)))).toEqual([]); // known already
  });

  it('wait behind another process’s until a look shows them', () => {
    const handOver = from(10);
    expect(ids(handOver.committed(rows(12)))).toEqual([]);
    handOver.look();
    expect(ids(handOver.looked([11, 12], '120:120:'))).toEqual([]);
    expect(ids(handOver.committed(rows(13)))).toEqual([13]);
  });

  it('wait behind an id whose transaction may still run', () => {
    const handOver = from(10);
    handOver.committed(rows(12));
    handOver.look();
    expect(ids(handOver.looked([12], '110:120:110'))).toEqual([]);
    expect(ids(handOver.committed(rows(13)))).toEqual([]); // 11 may be told of the same key
    handOver.look();
    expect(ids(handOver.looked([13], '115:125:115'))).toEqual([]); // something older than the first look still runs
    expect(ids(handOver.committed(rows(14)))).toEqual([]);
    handOver.look();
    handOver.looked([14], '121:130:121');
    handOver.look();
    handOver.looked([], '131:132:131');
    expect(ids(handOver.committed(rows(15)))).toEqual([15]); // 11 was drawn in vain
  });

  it('do not pass over an id that was drawn after the look began', () => {
    const handOver = from(10);
    handOver.look();
    expect(ids(handOver.committed(rows(12)))).toEqual([]);
    expect(ids(handOver.looked([], '120:120:'))).toEqual([]); // nothing ran then, but 11 may have begun since
    expect(ids(handOver.committed(rows(11)))).toEqual([11, 12]);
  });

  it('are all to be read where a look failed', () => {
    const handOver = from(10);
    handOver.committed(rows(12));
    handOver.look();
    expect(ids(handOver.looked([], null))).toEqual([12]); // no lane takes it: that has them read
    expect(handOver.waits).toBe(false);
    expect(ids(handOver.committed(rows(11)))).toEqual([11]);
  });
});
