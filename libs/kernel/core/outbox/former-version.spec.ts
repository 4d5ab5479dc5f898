import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommandBus } from '@nestjs/cqrs';
import { Test, type TestingModule } from '@nestjs/testing';
import pg from 'pg';
import { testDatabase, testKernelOptions, until } from '#kernel/testing';
import { CountLater, SinkModule, SourceModule, Trouble } from '#kernel/testing/trial';
import { Registry } from '../bus/registry.js';
import { startupOptions } from '../database/data-source.js';
import { sql } from '../database/sql.js';
import { KernelModule } from '../kernel.module.js';
import { anonymous, runIn } from '../runtime/call-context.js';

/**
 * The statements of a process of the version before messages had headers, word for word. Such processes run beside the new ones
 * while a new version is rolled out.
 */
const former = {
  publish: `
    insert into outbox (message_id, slot, name, key, destination, payload, correlation_id, causation_id)
    select message_id, slot, name, key, destination, payload, correlation_id, causation_id
    from json_to_recordset($1) as row(
      message_id uuid, slot smallint, name text, key text, destination text, payload json, correlation_id text, causation_id uuid, line integer)
    where true order by line returning id`,
  later: `
    insert into outbox_timer (message_id, slot, name, key, destination, payload, correlation_id, causation_id, due)
    select message_id, slot, name, key, destination, payload, correlation_id, causation_id, due
    from json_to_recordset($1) as row(
      message_id uuid, slot smallint, name text, key text, destination text, payload json, correlation_id text, causation_id uuid, due timestamptz)`,
  moveDue: `
    with due as (
      delete from outbox_timer where message_id in (
        select message_id from outbox_timer where due <= to_timestamp($1) order by due limit 500 for update skip locked)
      returning *
    ), moved as (
      insert into outbox (message_id, slot, name, key, destination, payload, correlation_id, causation_id)
      select message_id, slot, name, key, destination, payload, correlation_id, causation_id from due order by due
      returning 1
    )
    select (select count(*)::int from moved) as moved`,
  read: `select id, message_id, slot, name, key, destination, payload, correlation_id, causation_id, at from outbox order by id`,
  park: `
    insert into inbox_parked (message_id, subscriber, publisher, key, name, payload, correlation_id, causation_id, at, attempts, due, error)
    values ($1, $2, $3, $4, $5, $6, $7, $8, now(), 0, now(), null)`,
  claim: `
    update inbox_parked as parked set attempts = attempts + 1 where true
    returning parked.message_id, parked.subscriber, parked.publisher, parked.key, parked.name, parked.payload,
      parked.correlation_id, parked.causation_id, parked.at, parked.attempts, parked.due, parked.dead, parked.error`,
};

describe('a process of the version before', () => {
  let database: Awaited<ReturnType<typeof testDatabase>>;
  let app: TestingModule;
  let source: pg.Client;
  let sink: pg.Client;
  let failing = false;

  beforeAll(async () => {
    database = await testDatabase();
    app = await Test.createTestingModule({
      imports: [KernelModule.forRoot(testKernelOptions(database.url)), SourceModule, SinkModule],
    })
      .overrideProvider(Trouble)
      .useValue({
        strike: () => {
          if (failing) throw new Error('trouble');
        },
      })
      .compile();
    app.useLogger(false);
    await app.init();
    [source, sink] = ['source', 'sink'].map(
      (context) => new pg.Client({ connectionString: database.url, options: startupOptions(context, {}) }),
    ) as [pg.Client, pg.Client];
    await Promise.all([source.connect(), sink.connect()]);
  });
  afterAll(async () => {
    await Promise.all([source.end(), sink.end()]);
    await app.close();
    await database.drop();
  });

  const written = (key: string) =>
    until(async () => {
      const found = await sink.query<{ n: number }>('select n from heard where key = $1', [key]);
      return found.rows.length > 0 && found.rows.map(({ n }) => n);
    }, `${key} is handled`);
  const command = (key: string, extra: object) => ({
    message_id: crypto.randomUUID(),
    slot: 3,
    name: 'sink.write.v1',
    key,
    destination: 'sink',
    payload: { key, n: 7 },
    correlation_id: 'former',
    causation_id: null,
    ...extra,
  });
  /** By a new process, in a flow with headers. */
  const countLater = (key: string, at: string) =>
    runIn({ correlationId: key, principal: anonymous, headers: { locale: 'de' } }, () =>
      app.get(CommandBus).execute(new CountLater({ key, at })),
    );

  it('publishes and sends what new processes handle', async () => {
    await source.query(former.publish, [JSON.stringify([command('sent', { line: 0 })])]);
    await source.query(former.later, [JSON.stringify([command('later', { due: '2026-01-01T00:00:00Z' })])]);
    expect(await written('sent')).toEqual([7]);
    expect(await written('later')).toEqual([7]);
  });

  it('parks what new processes handle', async () => {
    const payload = JSON.stringify({ key: 'parked', n: 7 });
    const id = crypto.randomUUID();
    await sink.query(former.park, [id, 'sink', 'source', 'parked', 'sink.write.v1', payload, 'former', null]);
    expect(await written('parked')).toEqual([7]);
  });

  it('moves what new processes send for later, and reads what they publish, without the headers', async () => {
    await countLater('moved', '2999-01-01T00:00:00.000Z');
    const waits = () => source.query(`select 1 from outbox_timer where key = (select message_id::text)`);
    expect((await waits()).rows).toHaveLength(1);
    const [{ moved }] = (await source.query<{ moved: number }>(former.moveDue, [4e10])).rows as [{ moved: number }];
    expect(moved).toBe(1);
    const counted = async () =>
      (await source.query<{ name: string; key: string }>(former.read)).rows.filter(({ key }) => key === 'moved');
    await until(async () => (await counted()).some(({ name }) => name === 'source.counted.v1'), 'carried out');
  });

  it('takes over what new processes have parked', async () => {
    failing = true;
    await countLater('failing', '2026-01-01T00:00:00.000Z');
    await until(async () => (await sink.query(`select 1 from inbox_parked where key = 'failing'`)).rows.length === 2);
    const { rows } = await sink.query<{ name: string; correlation_id: string }>(former.claim);
    expect(rows).toMatchObject([
      { name: 'source.counted.v1', correlation_id: 'failing' },
      { name: 'source.counted.v1', correlation_id: 'failing' },
    ]);
    failing = false;
    const heard = app.get(Registry).databases.get('sink')!;
    await until(async () => (await heard.query(sql`select 1 from inbox_parked`)).length === 0, 'handled after all', 30);
  });
});
