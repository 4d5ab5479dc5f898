import { describe, expect, it } from '@jest/globals';
import { CommandBus } from '@nestjs/cqrs';
import { Test } from '@nestjs/testing';
import { Clock } from '#kernel/base';
import { testDatabase, testKernelOptions, until } from '#kernel/testing';
import { Count, SinkModule, SourceModule } from '#kernel/testing/trial';
import { Registry } from '../bus/registry.js';
import { sql } from '../database/sql.js';
import { KernelModule } from '../kernel.module.js';
import { Retention } from './retention.js';

const DAY_MS = 86_400_000;

class MovedClock extends Clock {
  days = 0;

  now(): number {
    return Date.parse('2026-06-15T12:00:00Z') + this.days * DAY_MS;
  }
}

describe('retention', () => {
  it('keeps a partition for each day ahead, drops old ones whole, and never what somebody has not read', async () => {
    const database = await testDatabase();
    const clock = new MovedClock();
    const app = await Test.createTestingModule({
      imports: [KernelModule.forRoot(testKernelOptions(database.url)), SourceModule, SinkModule],
    })
      .overrideProvider(Clock)
      .useValue(clock)
      .compile();
    app.useLogger(false);
    await app.init();
    const source = app.get(Registry).databases.get('source')!;
    const sink = app.get(Registry).databases.get('sink')!;
    const partitions = async (): Promise<string[]> =>
      (
        await source.query<{ name: string }>(
          sql`select inhrelid::regclass::text as name from pg_inherits where inhparent = 'outbox'::regclass order by 1`,
        )
      ).map(({ name }) => name);
    try {
      expect(await partitions()).toEqual(['outbox_20260615', 'outbox_20260616', 'outbox_20260617', 'outbox_rest']);
      await app.get(CommandBus).execute(new Count({ key: 'kept' }));
      expect(await source.query(sql`select tableoid::regclass::text as part from outbox`)).toEqual([
        { part: 'outbox_20260615' },
      ]);
      await until(async () => (await sink.query(sql`select 1 from heard`)).length === 2);

      const retention = new Retention(source, clock, { outbox: 7, inbox: 14, calls: 3 });
      await source.query(
        sql`insert into outbox_cursor (destination, slot, seen) select 'a subscriber that is away', slot, '1:1:' from outbox_slot`,
      );
      clock.days = 8;
      await retention.maintain();
      expect(await partitions()).toContain('outbox_20260615'); // not read by all
      await until(async () => {
        // More than once: the relay may just be storing where it stood before.
        await source.query(sql`update outbox_cursor set seen = pg_current_snapshot()`);
        await retention.maintain();
        return !(await partitions()).includes('outbox_20260615');
      }, 'what all have read is dropped');
      expect(await partitions()).toEqual([
        'outbox_20260616',
        'outbox_20260617',
        'outbox_20260623',
        'outbox_20260624',
        'outbox_20260625',
        'outbox_rest',
      ]);
      // A server that slept through a day finds its messages in the rest, and goes on.
      clock.days = 20;
      await app.get(CommandBus).execute(new Count({ key: 'late' }));
      await retention.maintain();
      expect(await source.query(sql`select tableoid::regclass::text as part from outbox`)).toEqual([
        { part: 'outbox_rest' },
      ]);
      expect(await partitions()).not.toContain('outbox_20260705');
      expect(await partitions()).toContain('outbox_20260706');
      clock.days = 40;
      await until(async () => {
        // More than once: the relay may just be storing where it stood before.
        await source.query(sql`update outbox_cursor set seen = pg_current_snapshot()`);
        await retention.maintain();
        return (await source.query(sql`select 1 from outbox`)).length === 0;
      }, 'what all have read is dropped');
    } finally {
      await app.close();
      await database.drop();
    }
  });
});
