import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import pg from 'pg';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import * as z from 'zod';
import { Ids, SystemClock } from '#kernel/base';
import {
  type EventTransport,
  Aggregate,
  context,
  Database,
  KernelModule,
  type KernelOptions,
  On,
  Registry,
  Repository,
  sql,
  Subscriber,
} from '#kernel/core';
import { event, text, Uuid } from '#kernel/messages';
import { testDatabase, testKernelOptions, until } from '#kernel/testing';
import { inFlight, interleaved, type Line, median, number, quotient, verdict } from './measure.js';

class Told extends event('teller.told.v1', {
  key: 'key',
  data: z.object({ key: text(), id: Uuid, n: z.int(), words: text() }),
}) {}

class Story extends Aggregate {
  tell(key: string, id: string, n: number): this {
    return this.record(new Told({ key, id, n, words: 'what a short event says, in as many words as this' }));
  }
}

/** Stores nothing but the events. */
class Stories extends Repository<Story> {
  protected store = () => Promise.resolve();
}

class HearerTables1700000001000 implements MigrationInterface {
  readonly name = 'HearerTables1700000001000';
  up = (runner: QueryRunner) =>
    runner.query(`create table heard (key text not null, n integer not null)`) as Promise<void>;
  down = () => Promise.resolve();
}

let heard = 0;

@Subscriber('hearer.counts', { batch: 100, from: 'earliest' })
class Counts {
  @On(Told)
  told() {
    heard++;
  }
}

@Subscriber('hearer.writes', { from: 'earliest' })
class Writes {
  constructor(private readonly database: Database) {}

  @On(Told)
  async told({ key, n }: Told) {
    await this.database.query(sql`insert into heard (key, n) values (${key}, ${n})`);
    heard++;
  }
}

@Module({ imports: [context('teller')] })
class TellerModule {}

@Module({})
class HearerModule {}

const ROUNDS = 3;
const KEYS = 500;
const PUBLISHED_AT_ONCE = 50;
const PUBLISHERS = 4;

const open = async (
  url: string,
  cleanup: AsyncDisposableStack,
  options: Partial<KernelOptions>,
  ...modules: (Type | DynamicModule)[]
): Promise<TestingModule> => {
  const app = await Test.createTestingModule({
    imports: [KernelModule.forRoot(testKernelOptions(url, options)), TellerModule, ...modules],
  }).compile();
  cleanup.defer(() => app.close());
  return app;
};
const databaseOf = (app: TestingModule, context: string): Database =>
  app.get(Registry, { strict: false }).databases.get(context)!;

/** Seconds from the first publication until all is handled, in a new database; of a backlog, from the subscriber's start. */
async function handled(
  subscriber: Type,
  count: number,
  backlog: boolean,
  options: Partial<KernelOptions> = {},
): Promise<number> {
  await using cleanup = new AsyncDisposableStack();
  const { url, drop } = await testDatabase();
  cleanup.defer(drop);
  if (backlog) await publishAlone(url, count);
  const hearer = {
    module: HearerModule,
    imports: [context('hearer', { migrations: [HearerTables1700000001000] })],
    providers: [subscriber],
  };
  const app = await open(url, cleanup, options, hearer);
  heard = 0;
  if (!backlog) await app.init();
  const began = performance.now();
  await (backlog ? app.init() : publish(databaseOf(app, 'teller'), count));
  await until(() => heard >= count, `${count} events handled`, 60);
  await until(
    async () => (await databaseOf(app, 'hearer').one<{ n: number }>(sql`select count(*) as n from inbox`))!.n === count,
    'the last is committed',
  );
  return (performance.now() - began) / 1_000;
}

/** Events per second, published and handled, through a broker or none; the kernel closes it. */
export async function flowThrough(events?: EventTransport): Promise<number> {
  const count = 20_000;
  const readersOf = (publisher: string) => (publisher === 'teller' ? ['hearer'] : []);
  const split = events && { contexts: ['teller', 'hearer'], readersOf, events };
  return count / (await handled(Counts, count, false, { split }));
}

/** Publishes while no subscriber runs. */
async function publishAlone(url: string, count: number): Promise<void> {
  await using cleanup = new AsyncDisposableStack();
  const app = await open(url, cleanup, {});
  await app.init();
  await publish(databaseOf(app, 'teller'), count);
}

async function publish(database: Database, count: number): Promise<void> {
  const stories = new Stories(database);
  const ids = new Ids(new SystemClock());
  await inFlight(PUBLISHERS, count / PUBLISHED_AT_ONCE, (batch) =>
    database.transaction(async () => {
      for (let n = batch * PUBLISHED_AT_ONCE; n < (batch + 1) * PUBLISHED_AT_ONCE; n++) {
        await stories.save(new Story().tell(`key-${n % KEYS}`, ids.next(), n));
      }
    }),
  );
}

/** Seconds to insert the same rows by hand, so many in a statement, into a table like the outbox, over as many connections. */
async function inserted(count: number, atOnce: number): Promise<number> {
  await using cleanup = new AsyncDisposableStack();
  const { url, drop } = await testDatabase();
  cleanup.defer(drop);
  const pool = new pg.Pool({ connectionString: url, max: PUBLISHERS });
  cleanup.defer(() => pool.end());
  await pool.query(`
    create table bare (message_id uuid not null, id bigint generated always as identity, xid xid8 not null default pg_current_xact_id(), slot smallint not null,
      name text not null, key text not null, payload json not null, correlation_id text not null, at timestamptz not null default now());
    create index on bare (xid);
    create index on bare (id)`);
  const ids = new Ids(new SystemClock());
  const row = (n: number) => {
    const id = ids.next();
    const key = `key-${n % KEYS}`;
    const payload = { key, id, n, words: 'what a short event says, in as many words as this' };
    return { message_id: id, slot: n % 16, name: Told.messageName, key, payload, correlation_id: id };
  };
  return await inFlight(PUBLISHERS, count / atOnce, (batch) =>
    pool.query({
      name: 'insert',
      text: `insert into bare (message_id, slot, name, key, payload, correlation_id) select * from
        json_to_recordset($1) as row(message_id uuid, slot smallint, name text, key text, payload json, correlation_id text)`,
      values: [JSON.stringify(Array.from({ length: atOnce }, (_, index) => row(batch * atOnce + index)))],
    }),
  );
}

/** From an outbox to handled: beside bare inserts of the same rows, as many to a transaction. */
export async function events(): Promise<Line[]> {
  const many = 20_000;
  const heap = 50_000;
  const few = 2_000;
  const rates = await interleaved(ROUNDS, {
    batchedFlow: async () => many / (await handled(Counts, many, false)),
    bareBatches: async () => many / (await inserted(many, PUBLISHED_AT_ONCE)),
    batchedDrain: async () => many / (await handled(Counts, many, true)),
    heapDrain: async () => heap / (await handled(Counts, heap, true)),
    singleFlow: async () => few / (await handled(Writes, few, false)),
    bareSingles: async () => few / (await inserted(few, 1)),
    singleDrain: async () => few / (await handled(Writes, few, true)),
  });
  const line = (what: string, ours: number[], bare: number[]): Line => {
    const ratio = quotient(ours, bare);
    return {
      what,
      rate: `${number(median(ours))}/s`,
      yardstick: `${number(median(bare))}/s`,
      ratio: number(ratio, 2),
      aim: verdict('≥ 0.3', ratio >= 0.3),
    };
  };
  return [
    line('events published and handled, batch: 100', rates.batchedFlow, rates.bareBatches),
    line(`events handled of a backlog of ${number(many)}, batch: 100`, rates.batchedDrain, rates.bareBatches),
    line(`events handled of a backlog of ${number(heap)}, batch: 100`, rates.heapDrain, rates.bareBatches),
    line('events published and handled, batch: 1, a row each', rates.singleFlow, rates.bareSingles),
    line(`events handled of a backlog of ${number(few)}, batch: 1, a row each`, rates.singleDrain, rates.bareSingles),
  ];
}
