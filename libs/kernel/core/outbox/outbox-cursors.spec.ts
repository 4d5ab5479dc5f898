import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type IdleSource, idleSource } from '#kernel/testing/trial';
import type { Database } from '../database/database.js';
import { sql } from '../database/sql.js';
import type { AnyDestination, Beginning, LogDestination } from './destination.js';
import { SLOTS } from './kernel-tables.js';
import { OutboxCursors, type StoredCursor } from './outbox-cursors.js';

const destination = (name: string, from: Beginning): AnyDestination => ({
  name,
  from,
  batch: 1,
  wants: () => true,
  deliver: async () => {},
});
const log = (name: string): LogDestination => ({
  name,
  from: 'least',
  batch: 1,
  wants: () => true,
  append: async () => '1',
  settle: async () => [],
});

describe('the cursors of an outbox', () => {
  let source: IdleSource;
  let database: Database;
  let cursors: OutboxCursors;

  beforeEach(async () => {
    source = await idleSource();
    ({ database } = source);
    cursors = new OutboxCursors(database);
  });
  afterEach(() => source.close());

  const snapshot = async () =>
    (await database.query<{ now: string }>(sql`select pg_current_snapshot()::text as now`))[0]!.now;
  const seenBy = async (name: string, slot = 0) =>
    (await cursors.load([slot])).find((cursor) => cursor.destination === name)?.seen;
  const cursor = (of: string, seen: string, more: Partial<StoredCursor> = {}): StoredCursor => ({
    destination: of,
    slot: 0,
    seen,
    upto: null,
    after: 0,
    position: null,
    ...more,
  });

  it('begin where their destination says, in every slot', async () => {
    await cursors.create([destination('all', 'earliest')]);
    await cursors.store([cursor('all', '5:9:5,7')], null);
    const before = await snapshot();
    await cursors.create([destination('new', 'now'), destination('least', 'least'), destination('all', 'earliest')]);
    expect(await seenBy('all')).toBe('5:9:5,7');
    expect(await seenBy('least')).toBe('5:9:5,7');
    expect(await seenBy('least', 3)).toBe('1:1:');
    expect(Number((await seenBy('new'))!.split(':')[1])).toBeGreaterThanOrEqual(Number(before.split(':')[1]));
    expect(await cursors.load(Array.from({ length: SLOTS }, (_, slot) => slot))).toHaveLength(3 * SLOTS);
  });

  it('are two for a log: of what was appended, and of what all its readers have handled', async () => {
    await cursors.create([log('broker')]);
    expect((await cursors.load([4])).map((one) => one.destination).toSorted()).toEqual(['broker', 'broker/settled']);
  });

  it('are stored as a whole, also in the middle of a backlog', async () => {
    await cursors.create([log('broker')]);
    const moved = cursor('broker', '5:9:5', { upto: '20:20:', after: 17, position: '3-1' });
    await cursors.store([moved], null);
    expect(await cursors.load([0])).toContainEqual(moved);
  });

  it('are reset where their destination was not read to for a day, while others were', async () => {
    await cursors.create([destination('old', 'earliest'), destination('other', 'earliest')]);
    await cursors.store([cursor('old', '3:3:'), cursor('other', '8:8:')], null);
    await database.query(
      sql`update outbox_cursor set read_at = read_at - interval '25 hours' where destination = 'old'`,
    );
    await cursors.keep([destination('other', 'earliest')]);
    await cursors.create([destination('old', 'earliest')]);
    expect(await seenBy('old')).toBe('8:8:');
  });

  it('ask for a replay until exactly that one is stored', async () => {
    await cursors.create([destination('one', 'earliest')]);
    await database.query(sql`update outbox_cursor set back = '4:4:' where destination = 'one' and slot = 0`);
    expect(await cursors.replays([0, 1])).toEqual([{ destination: 'one', slot: 0, seen: '4:4:' }]);
    await cursors.store([cursor('one', '7:7:')], null);
    expect(await cursors.replays([0])).toHaveLength(1);
    await cursors.store([cursor('one', '4:4:')], '4:4:');
    expect(await cursors.replays([0])).toEqual([]);
  });
});
