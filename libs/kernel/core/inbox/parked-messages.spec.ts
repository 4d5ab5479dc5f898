import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { MessageEnvelope } from '#kernel/messages';
import { type IdleSource, idleSource } from '#kernel/testing/trial';
import type { Database } from '../database/database.js';
import { sql } from '../database/sql.js';
import { ParkedMessages } from './parked-messages.js';

const SUBSCRIBER = 'source.listener';
let drawn = 0;

function arrival(key: string, publisher = 'other') {
  const id = `0199c000-0000-7000-8000-${String(++drawn).padStart(12, '0')}`;
  const message: MessageEnvelope = {
    id,
    name: 'other.happened.v1',
    key,
    destination: null,
    payload: { key },
    at: '2026-01-01T00:00:00.000Z',
    headers: { correlationId: 'flow', causationId: id, tenant: 'north' },
  };
  return { subscriber: SUBSCRIBER, publisher, message };
}

describe('parked messages', () => {
  let source: IdleSource;
  let database: Database;
  let ours: ParkedMessages;
  let theirs: ParkedMessages;

  beforeEach(async () => {
    source = await idleSource();
    ({ database } = source);
    ours = new ParkedMessages(database, 'ours');
    theirs = new ParkedMessages(database, 'theirs');
  });
  afterEach(() => source.close());

  const keysOf = (parked: readonly { readonly key: string }[]) => parked.map(({ key }) => key);
  const leases = (by: ParkedMessages, count = 10) => by.lease(count, [SUBSCRIBER]).then(keysOf);
  const allDue = () => database.query(sql`update inbox_parked set due = now() - interval '1 minute'`);
  const leasesEnd = () => database.query(sql`update inbox_parked set until = now() - interval '1 second'`);

  it('are leased as they came, with their headers, by one process at a time', async () => {
    const one = arrival('a');
    await ours.add(one);
    const [leased] = await ours.lease(10, [SUBSCRIBER]);
    expect(leased).toMatchObject({
      ...one.message,
      subscriber: SUBSCRIBER,
      publisher: 'other',
      attempts: 1,
      dead: false,
    });
    expect(await leases(theirs)).toEqual([]);
    await leasesEnd();
    expect(await leases(theirs)).toEqual(['a']);
  });

  it('are leased in order of a key and publisher, and no more than asked for', async () => {
    await ours.add(arrival('a'));
    await ours.add(arrival('a'));
    await ours.add(arrival('b'));
    await ours.add(arrival('a', 'another'));
    expect((await leases(ours)).toSorted()).toEqual(['a', 'a', 'b']); // of "a" the first from each publisher
    await leasesEnd();
    expect(await leases(theirs, 2)).toHaveLength(2);
  });

  it('are leased for the subscribers that run here alone', async () => {
    await ours.add(arrival('a'));
    expect(await ours.lease(10, ['source.other'])).toEqual([]);
  });

  it('are accepted once: leased at once where there is room and none of the key waits', async () => {
    const first = arrival('a');
    expect(await ours.accept(first, true)).toMatchObject({
      leased: true,
      parked: { id: first.message.id, attempts: 1 },
    });
    expect(await theirs.accept(first, true)).toBeUndefined();
    expect(await ours.accept(arrival('a'), true)).toMatchObject({ leased: false, parked: { attempts: 0 } });
    expect(await ours.accept(arrival('b'), false)).toMatchObject({ leased: false });
  });

  it('wait longer after each failure, and for a human once they are dead', async () => {
    await ours.add(arrival('a'), new Error('no'));
    await ours.add(arrival('a'));
    expect(await leases(ours)).toEqual([]); // the first is to be tried in 0.1 s, the second waits for it
    const wait = await ours.nextDueMs();
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(100);
    await allDue();
    const [again] = await ours.lease(1, [SUBSCRIBER]);
    expect(again).toMatchObject({ attempts: 2, error: { code: 'internal', message: 'no' } });
    await ours.fail(again!, new Error('never'), true);
    await allDue();
    expect(await leases(ours)).toEqual([]);
    expect(await ours.nextDueMs()).toBeUndefined();
  });

  it('are removed or failed by the holder of the lease alone', async () => {
    await ours.add(arrival('a'));
    const [lost] = await ours.lease(1, [SUBSCRIBER]);
    await leasesEnd();
    const [taken] = await theirs.lease(1, [SUBSCRIBER]);
    await ours.fail(lost!, new Error('late'), true);
    expect(await database.query(ours.removal(lost!))).toEqual([]);
    expect(await database.query(theirs.removal(taken!))).toHaveLength(1);
    expect(await database.query(sql`select 1 from inbox_parked`)).toEqual([]);
  });

  it('are reclaimed by a process that comes back under its name, before their leases end', async () => {
    await ours.add(arrival('a'));
    await ours.add(arrival('b'));
    await ours.lease(1, [SUBSCRIBER]);
    await theirs.lease(1, [SUBSCRIBER]);
    await ours.reclaim();
    expect(await leases(ours)).toHaveLength(1);
  });
});
