import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Command, CommandBus, type Query, QueryBus } from '@nestjs/cqrs';
import { Test, type TestingModule } from '@nestjs/testing';
import * as z from 'zod';
import { isoInstant } from '#kernel/base';
import { command, internal, personal, text } from '#kernel/messages';
import { testDatabase, testKernelOptions, until } from '#kernel/testing';
import { Count, CountLater, SinkModule, SourceModule, Trouble } from '#kernel/testing/trial';
import { Registry } from '../bus/registry.js';
import type { Database } from '../database/database.js';
import { sql } from '../database/sql.js';
import { KernelModule } from '../kernel.module.js';
import { anonymous, type Principal, runIn } from '../runtime/call-context.js';
import { FLOW_LIMIT, operationsOf } from './operations.js';

class Greet extends command('sink.greet.v1', {
  access: internal,
  input: z.object({ name: text(), email: personal(z.email()) }),
}) {}

const { ListDeadLetters, RedriveDeadLetter, DiscardDeadLetter } = operationsOf('sink');
const operator: Principal = { kind: 'user', id: 'olga', permissions: ['operations'], owners: [] };
const unknown = 'sink.listener:0199f3a2-7c1e-7abc-8def-0123456789ab';

describe('what every context has for its operators', () => {
  let database: Awaited<ReturnType<typeof testDatabase>>;
  let app: TestingModule;
  let sink: Database;
  let source: Database;
  let failing: (key: string, n: number) => boolean = () => false;

  const ask = <Answer>(query: Query<Answer>, principal = operator) =>
    runIn({ correlationId: 'c0ffee', principal }, () => app.get(QueryBus).execute(query));
  const tell = <Answer>(order: Command<Answer>, principal = operator, correlationId = 'c0ffee') =>
    runIn({ correlationId, principal }, () => app.get(CommandBus).execute(order));
  const flow = (context: string, correlationId: string, messageIds: string[] = []) =>
    ask(new (operationsOf(context).GetFlow)({ correlationId, messageIds }));
  const heard = async (key: string): Promise<number[]> =>
    (
      await sink.query<{ n: number }>(
        sql`select n from heard where key = ${key} and subscriber = 'sink.listener' order by seq`,
      )
    ).map(({ n }) => n);
  const deadOnes = (count: number) =>
    until(async () => {
      const { items } = await ask(new ListDeadLetters({ limit: 100 }));
      return items.length === count && items;
    }, `${count} dead letters`);

  beforeAll(async () => {
    database = await testDatabase();
    app = await Test.createTestingModule({
      imports: [KernelModule.forRoot(testKernelOptions(database.url, { maxAttempts: 2 })), SourceModule, SinkModule],
    })
      .overrideProvider(Trouble)
      .useValue({
        strike: (subscriber: string, key: string, n: number) => {
          if (subscriber === 'sink.listener' && failing(key, n)) throw new Error(`trouble with ${key} ${n}`);
        },
      })
      .compile();
    app.useLogger(false);
    await app.init();
    sink = app.get(Registry).databases.get('sink')!;
    source = app.get(Registry).databases.get('source')!;
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  it('lists what is dead, the oldest first and page by page, and how many wait behind each', async () => {
    failing = (_, n) => n === 1;
    for (const key of ['a', 'b', 'c']) for (const _ of [1, 2, 3]) await tell(new Count({ key }), operator, `of ${key}`);
    const letters = await deadOnes(3);
    await until(async () => (await sink.query(sql`select 1 from inbox_parked`)).length === 9);
    expect((await deadOnes(3))[0]).toEqual({
      id: expect.stringMatching(/^sink\.listener:[0-9a-f-]{36}$/),
      context: 'sink',
      subscriber: 'sink.listener',
      message: 'source.counted.v1',
      publisher: 'source',
      key: 'a',
      correlationId: 'of a',
      payload: '{"key":"a","n":1}',
      attempts: 2,
      error: { code: 'internal', message: 'trouble with a 1' },
      parkedAt: expect.stringMatching(/^2\d{3}-.*Z$/),
      nextAttemptAt: null,
      waiting: 2,
    });
    expect(letters.map(({ key }) => key)).toEqual(['a', 'b', 'c']);
    const first = await ask(new ListDeadLetters({ limit: 2 }));
    expect(first.items.map(({ key }) => key)).toEqual(['a', 'b']);
    const second = await ask(new ListDeadLetters({ limit: 2, cursor: first.nextCursor! }));
    expect(second).toMatchObject({ items: [{ key: 'c' }], nextCursor: null });
  });

  it('tries a dead letter again when it is redriven, and what waits behind it follows', async () => {
    failing = () => false;
    const [a] = await deadOnes(3);
    await tell(new RedriveDeadLetter({ id: a!.id }));
    await until(async () => (await heard('a')).length === 3);
    expect(await heard('a')).toEqual([1, 2, 3]);
    await expect(tell(new RedriveDeadLetter({ id: a!.id }))).rejects.toMatchObject({
      code: 'operations.dead_letter_not_found',
    });
  });

  it('drops a dead letter when it is discarded, and what waits behind it follows', async () => {
    const [b] = await deadOnes(2);
    await tell(new DiscardDeadLetter({ id: b!.id }));
    await until(async () => (await heard('b')).length === 2);
    expect(await heard('b')).toEqual([2, 3]);
    for (const id of [b!.id, unknown])
      await expect(tell(new DiscardDeadLetter({ id }))).rejects.toMatchObject({
        code: 'operations.dead_letter_not_found',
        status: 404,
      });
  });

  it('shows on request what failed and is still being tried, with its next attempt', async () => {
    await sink.query(sql`
      insert into inbox_parked (message_id, subscriber, publisher, key, name, payload, correlation_id, at, attempts, due, error)
      values ('0199f3a2-7c1e-7abc-8def-0123456789ac', 'sink', 'test', 'd', 'sink.greet.v1', '{}', 'x', now(), 3, '2999-01-01', '{"code":"internal","message":"no"}')`);
    expect(await deadOnes(1)).toMatchObject([{ key: 'c' }]);
    const { items } = await ask(new ListDeadLetters({ retrying: true }));
    expect(items.map(({ key, nextAttemptAt }) => [key, nextAttemptAt])).toEqual([
      ['d', '2999-01-01T00:00:00.000Z'],
      ['c', null],
    ]);
  });

  it('shows no personal field of a message, and nothing of one whose shape is not known', async () => {
    await sink.query(sql`
      insert into inbox_parked (message_id, subscriber, publisher, key, name, payload, correlation_id, at, dead)
      select gen_random_uuid(), 'sink', 'test', name, name, ${JSON.stringify(new Greet({ name: 'Ada', email: 'ada@example.com' }))}, 'x', now(), true
      from unnest(array['sink.greet.v1', 'sink.forgotten.v1']) name`);
    const { items } = await ask(new ListDeadLetters({ limit: 100 }));
    const payloads = Object.fromEntries(items.map(({ message, payload }) => [message, payload]));
    expect(payloads).toMatchObject({
      'sink.greet.v1': '{"name":"Ada","email":"[personal]"}',
      'sink.forgotten.v1': null,
    });
  });

  it('tells the messages of a flow, its timers among them, and where each went', async () => {
    const at = isoInstant(Date.now() + 500);
    await tell(new CountLater({ key: 'flow', at }), operator, 'f1');
    await tell(new CountLater({ key: 'flow', at: '2999-01-01T00:00:00.000Z' }), operator, 'f2');
    const names = async (correlationId: string) =>
      (await flow('source', correlationId)).messages.map(({ name, timer }) => `${name}${timer ? ' waits' : ''}`);
    expect(await names('f2')).toEqual(['source.count.v1 waits', 'sink.write.v1', 'sink.call-outside.v1']);
    await until(async () => (await heard('flow')).length === 1);
    expect(await names('f1')).toEqual([
      'source.count.v1',
      'sink.write.v1',
      'sink.call-outside.v1',
      'source.counted.v1',
    ]);
    const { messages } = await flow('source', 'f1');
    const [count, , , counted] = messages;
    expect(count).toMatchObject({
      destination: 'source',
      causationId: null,
      payload: '{"key":"flow"}',
      key: count!.id,
    });
    expect(counted).toMatchObject({ destination: null, causationId: count!.id, payload: '{"key":"flow","n":1}' });
    const ids = messages.map(({ id }) => id);
    const cameTo = async (context: string) =>
      (await flow(context, 'f1', ids)).deliveries.map(({ messageId, subscriber, parked }) => [
        messages.find(({ id }) => id === messageId)!.name,
        subscriber,
        parked,
      ]);
    await until(async () => {
      const all = await cameTo('sink');
      return all.length === 4 && all.every(([, , parked]) => parked === null);
    });
    expect(await cameTo('source')).toEqual([['source.count.v1', 'source', null]]);
    expect(await cameTo('sink')).toEqual(
      expect.arrayContaining([
        ['sink.write.v1', 'sink', null],
        ['sink.call-outside.v1', 'sink', null],
        ['source.counted.v1', 'sink.listener', null],
        ['source.counted.v1', 'sink.batches', null],
      ]),
    );
  });

  it('says of a flow where it is stuck', async () => {
    failing = (key) => key === 'stuck';
    await tell(new Count({ key: 'stuck' }), operator, 'f3');
    const { messages } = await flow('source', 'f3');
    const { deliveries } = await until(async () => {
      const answer = await flow('sink', 'f3', [messages[0]!.id]);
      return answer.deliveries.some(({ parked }) => parked?.nextAttemptAt === null) && answer;
    });
    expect(deliveries.find(({ subscriber }) => subscriber === 'sink.listener')!.parked).toEqual({
      attempts: 2,
      error: { code: 'internal', message: 'trouble with stuck 1' },
      nextAttemptAt: null,
    });
  });

  it('tells a context again what it lost, in order and once', async () => {
    failing = () => false;
    const since = isoInstant(Date.now());
    for (let n = 1; n <= 3; n++) await tell(new Count({ key: 'lost' }));
    await until(async () => (await heard('lost')).length === 3);
    await sink.query(sql`delete from heard where key = 'lost'`);
    await sink.query(
      sql`delete from inbox where subscriber = 'sink.listener' and message_id in (select message_id from inbox where at >= ${since})`,
    );
    const { ReplayMessages } = operationsOf('source');
    const told = await until(async () => {
      const answer = await tell(new ReplayMessages({ since, destination: 'sink.listener' }));
      return answer.destinations.length > 0 && answer; // its place is stored within seconds
    });
    expect(told.destinations).toEqual(['sink.listener']);
    await until(async () => (await heard('lost')).length === 3);
    expect(await heard('lost')).toEqual([1, 2, 3]);
    await expect(tell(new ReplayMessages({ since, destination: 'nobody' }))).rejects.toMatchObject({
      code: 'operations.destination_not_found',
    });
  });

  it(`tells ${FLOW_LIMIT} messages of a flow at most, and that there are more`, async () => {
    await source.query(sql`
      insert into outbox (message_id, slot, name, key, destination, payload, correlation_id)
      select gen_random_uuid(), 0, 'source.count.v1', 'many', 'nobody', '{}', 'f4' from generate_series(0, ${FLOW_LIMIT})`);
    const { messages, truncated } = await flow('source', 'f4');
    expect([messages.length, truncated]).toEqual([FLOW_LIMIT, true]);
  });

  it('is refused to whoever may not operate', async () => {
    const customer = { ...operator, permissions: [] };
    await expect(ask(new ListDeadLetters({}), customer)).rejects.toMatchObject({ code: 'kernel.forbidden' });
    await expect(tell(new RedriveDeadLetter({ id: unknown }), customer)).rejects.toMatchObject({ status: 403 });
    await expect(tell(new DiscardDeadLetter({ id: unknown }), anonymous)).rejects.toMatchObject({ status: 401 });
    await expect(ask(new (operationsOf('source').GetFlow)({ correlationId: 'f1' }), anonymous)).rejects.toMatchObject({
      status: 401,
    });
  });
});
