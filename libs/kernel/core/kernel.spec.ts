import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommandBus, EventBus, QueryBus } from '@nestjs/cqrs';
import { Test, type TestingModule } from '@nestjs/testing';
import { isoInstant, SeededRandomness } from '#kernel/base';
import { JsonText } from '#kernel/messages';
import { testDatabase, testKernelOptions, until } from '#kernel/testing';
import {
  AskThenCount,
  Break,
  Count,
  CountAndAsk,
  CountAsAdmin,
  Counted,
  CountLater,
  CountMine,
  Forget,
  Heard,
  Outside,
  SinkModule,
  SourceModule,
  Trouble,
} from '#kernel/testing/trial';
import { Registry } from './bus/registry.js';
import { sql } from './database/sql.js';
import { KernelRuntime } from './kernel-runtime.js';
import { KernelModule } from './kernel.module.js';
import { anonymous, type CallContext, type Principal, runIn } from './runtime/call-context.js';

const user = (id: string, ...permissions: string[]): Principal => ({
  kind: 'user',
  id,
  permissions,
  owners: [`user:${id}`],
});
const edge = (extra: Partial<CallContext> = {}): CallContext => ({
  correlationId: 'c0ffee',
  principal: anonymous,
  ...extra,
});

class Switches {
  failing: (subscriber: string, key: string, n: number) => boolean = () => false;
  outside: (key: string, n: number) => Promise<void> = () => Promise.resolve();
}

async function boot(url: string, switches: Switches, rehearsal?: string): Promise<TestingModule> {
  const app = await Test.createTestingModule({
    imports: [KernelModule.forRoot(testKernelOptions(url, { rehearsal, maxAttempts: 8 })), SourceModule, SinkModule],
  })
    .overrideProvider(Trouble)
    .useValue({
      strike: (subscriber: string, key: string, n: number) => {
        if (switches.failing(subscriber, key, n)) throw new Error(`trouble with ${key} ${n}`);
      },
    })
    .overrideProvider(Outside)
    .useValue({ call: (key: string, n: number) => switches.outside(key, n) })
    .compile();
  app.useLogger(process.env['CLEAVE_TEST_LOG'] ? ['error', 'warn'] : false);
  return app.init();
}

describe.each([
  ['as it is', undefined],
  ['under rehearsal', process.env['CLEAVE_REHEARSAL'] ?? 'kernel'],
])('the kernel %s', (_, rehearsal) => {
  let database: Awaited<ReturnType<typeof testDatabase>>;
  let app: TestingModule;
  let commands: CommandBus;
  let queries: QueryBus;
  const switches = new Switches();
  const sink = () => app.get(Registry).databases.get('sink')!;
  const source = () => app.get(Registry).databases.get('source')!;
  const heardBy = async (subscriber: string, key: string): Promise<number[]> =>
    (
      await sink().query<{ n: number }>(
        sql`select n from heard where subscriber = ${subscriber} and key = ${key} order by seq`,
      )
    ).map(({ n }) => n);
  const numbers = (count: number) => Array.from({ length: count }, (__, index) => index + 1);

  beforeAll(async () => {
    database = await testDatabase();
    app = await boot(database.url, switches, rehearsal);
    commands = app.get(CommandBus);
    queries = app.get(QueryBus);
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  it('answers a command, commits its change and tells every subscriber once, in order', async () => {
    for (const n of numbers(20)) expect(await commands.execute(new Count({ key: 'a' }))).toEqual({ n });
    await until(
      async () =>
        (await heardBy('sink.listener', 'a')).length >= 20 && (await heardBy('sink.batches', 'a')).length >= 20,
    );
    expect(await heardBy('sink.listener', 'a')).toEqual(numbers(20));
    expect(await heardBy('sink.batches', 'a')).toEqual(numbers(20));
    expect(await queries.execute(new Heard({ key: 'a' }))).toEqual({ numbers: numbers(20) });
    // At an edge, and nowhere else, it is the text that the database made, ready to go out.
    const heard = await runIn(edge(), () => queries.execute(new Heard({ key: 'a' })));
    expect(JSON.parse(JSON.stringify(heard))).toEqual({ numbers: numbers(20) });
    expect(heard instanceof JsonText).toBe(rehearsal === undefined);
  });

  it('refuses a wrong shape with a pointer to each wrong field', async () => {
    const error = await commands.execute(new Count({ key: 5 as never })).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'kernel.invalid_input', status: 422, details: [{ pointer: '/key' }] });
  });

  it('carries out a call id once, whether repeated one after the other or at once', async () => {
    const repeat = () => runIn(edge({ callId: 'k1' }), () => commands.execute(new Count({ key: 'ids' })));
    const answers = await Promise.all([repeat(), repeat(), repeat()]);
    expect([...answers, await repeat()]).toEqual(Array.from({ length: 4 }, () => ({ n: 1 })));
    await expect(
      runIn(edge({ callId: 'k1' }), () => commands.execute(new Count({ key: 'other' }))),
    ).rejects.toMatchObject({ code: 'kernel.call_id_reused' });
    // The id belongs to its principal: another's is another call.
    expect(
      await runIn(edge({ callId: 'k1', principal: user('u') }), () => commands.execute(new Count({ key: 'ids' }))),
    ).toEqual({ n: 2 });
  });

  it('does not do after all what it refused, in an attempt that comes to it late; a later call is heard', async () => {
    const ends = Date.now() + 4_000; // less than a call has: all attempts of one have its deadline
    const ask = (deadline?: number) =>
      runIn(edge({ callId: 'k3', ...(deadline ? { deadline } : {}) }), () =>
        commands.execute(new Forget({ key: 'refused' })),
      );
    const held = Promise.withResolvers<void>();
    let attempts = 0;
    switches.outside = () => (++attempts === 1 ? held.promise : Promise.resolve());
    const late = ask(ends).catch((error: unknown) => error);
    await until(() => attempts > 0, 'one attempt is held');
    await expect(ask(ends)).rejects.toMatchObject({ code: 'sink.nothing_heard' });
    await sink().query(sql`insert into heard (subscriber, key, n) values ('sink.listener', 'refused', 1)`);
    held.resolve();
    expect(await late).toMatchObject({ code: 'sink.nothing_heard', status: 409 });
    expect(await heardBy('sink.listener', 'refused')).toEqual([1]);
    expect(await ask()).toEqual({ n: 1 });
    expect(await ask()).toEqual({ n: 1 });
    switches.outside = () => Promise.resolve();
  });

  it('keeps the answer of a handler that opens its transaction itself', async () => {
    const repeat = () => runIn(edge({ callId: 'k2' }), () => commands.execute(new AskThenCount({ key: 'asks' })));
    const [first, second] = await Promise.all([repeat(), repeat()]);
    expect(first).toEqual({ n: 1, heard: 0 });
    expect(second).toEqual(first);
  });

  it('refuses a call to another context inside a transaction, and leaves nothing behind', async () => {
    await expect(commands.execute(new CountAndAsk({ key: 'inside' }))).rejects.toMatchObject({
      code: 'kernel.call_inside_transaction',
    });
    expect(await source().query(sql`select * from counter where key = 'inside'`)).toEqual([]);
  });

  it('checks who asks, where it is handled', async () => {
    const as = (principal: Principal, message: object) =>
      runIn(edge({ principal }), () => commands.execute(message as Count));
    await expect(as(anonymous, new CountAsAdmin({ key: 'x' }))).rejects.toMatchObject({
      code: 'kernel.unauthenticated',
    });
    await expect(as(user('u'), new CountAsAdmin({ key: 'x' }))).rejects.toMatchObject({ code: 'kernel.forbidden' });
    await as(user('u', 'count'), new CountAsAdmin({ key: 'x' }));
    await as(user('x'), new CountMine({ key: 'x', ask: true }));
    await expect(as(user('y'), new CountMine({ key: 'x', ask: true }))).rejects.toMatchObject({ code: 'internal' }); // undeclared there
    await expect(as(user('x'), new CountMine({ key: 'x', ask: false }))).rejects.toMatchObject({ code: 'internal' }); // never asked owns()
  });

  it('tells an unexpected error as internal, with a trace id and no word of what it was', async () => {
    const error = await runIn(edge(), () => commands.execute(new Break({ how: 'unexpected' }))).catch(
      (caught: unknown) => caught,
    );
    expect(error).toMatchObject({ code: 'internal', status: 500, details: { traceId: 'c0ffee' } });
    expect(JSON.stringify(error)).not.toContain('42');
    await expect(commands.execute(new Break({ how: 'contract' }))).rejects.toMatchObject({ code: 'internal' });
  });

  it('commits nothing after the deadline', async () => {
    const deadline = Date.now() + 1_000;
    await expect(runIn(edge({ deadline }), () => commands.execute(new Break({ how: 'slow' })))).rejects.toMatchObject({
      code: 'kernel.outcome_unknown',
    });
    await until(() => Date.now() > deadline + 1_500);
    expect(await source().query(sql`select * from counter where key = 'slow'`)).toEqual([]);
    await expect(
      runIn(edge({ deadline: Date.now() - 1 }), () => commands.execute(new Count({ key: 'late' }))),
    ).rejects.toMatchObject({ status: 504 });
    expect(await source().query(sql`select * from counter where key = 'late'`)).toEqual([]);
  });

  it('parks what fails and what follows it of that key, and lets everything else flow', async () => {
    switches.failing = (subscriber, key, n) => subscriber === 'sink.listener' && key === 'bad' && n === 2;
    for (const _n of numbers(4)) await commands.execute(new Count({ key: 'bad' }));
    for (const _n of numbers(4)) await commands.execute(new Count({ key: 'good' }));
    await until(
      async () =>
        (await heardBy('sink.listener', 'good')).length === 4 && (await heardBy('sink.batches', 'bad')).length === 4,
    );
    await until(
      async () =>
        (await sink().query(sql`select 1 from inbox_parked where subscriber = 'sink.listener' and key = 'bad'`))
          .length === 3,
    );
    expect(await heardBy('sink.listener', 'bad')).toEqual([1]);
    switches.failing = () => false;
    await until(async () => (await heardBy('sink.listener', 'bad')).length === 4);
    expect(await heardBy('sink.listener', 'bad')).toEqual([1, 2, 3, 4]);
  });

  it('makes a dead letter of what never succeeds; redriven or discarded, its key goes on', async () => {
    const { deadLetters } = app.get(KernelRuntime).inbound('sink');
    switches.failing = (subscriber, key, n) => subscriber === 'sink.batches' && key.startsWith('dead') && n === 1;
    for (const key of ['dead-1', 'dead-2']) for (const _n of numbers(2)) await commands.execute(new Count({ key }));
    await sink().query(sql`update inbox_parked set attempts = 7 where key like 'dead%'`); // nearly there: the backoff would take minutes
    const dead = await until(async () => {
      await sink().query(
        sql`update inbox_parked set due = now(), attempts = 7 where key like 'dead%' and attempts between 1 and 6`,
      );
      const letters = await deadLetters.list();
      return letters.length === 2 && letters;
    });
    expect(dead[0]).toMatchObject({
      name: 'source.counted.v1',
      subscriber: 'sink.batches',
      error: { code: 'internal' },
    });
    const letter = (key: string) => dead.find((one) => one.key === key)!.id;
    switches.failing = () => false;
    expect(await deadLetters.redrive(letter('dead-1'), 'sink.batches')).toBe(true);
    expect(await deadLetters.discard(letter('dead-2'), 'sink.batches')).toBe(true);
    expect(await deadLetters.discard(letter('dead-2'), 'sink.batches')).toBe(false);
    await until(
      async () =>
        (await heardBy('sink.batches', 'dead-1')).length === 2 &&
        (await heardBy('sink.batches', 'dead-2')).length === 1,
    );
    expect(await heardBy('sink.batches', 'dead-1')).toEqual([1, 2]);
    expect(await heardBy('sink.batches', 'dead-2')).toEqual([2]);
  });

  it('sends commands with the transaction, now and at their time, each once', async () => {
    const at = Date.now() + 700;
    const calls: number[] = [];
    switches.outside = (_key, n) => (
      calls.push(n),
      calls.length < 3 ? Promise.reject(new Error('the outside is away')) : Promise.resolve()
    );
    await commands.execute(new CountLater({ key: 'timer', at: isoInstant(at) }));
    await until(
      async () =>
        (await heardBy('sink.write', 'timer')).length === 1 && (await heardBy('sink.outside', 'timer')).length === 1,
    );
    expect(calls.length).toBeGreaterThanOrEqual(3);
    await until(async () => (await heardBy('sink.listener', 'timer')).length === 1);
    expect(Date.now()).toBeGreaterThanOrEqual(at);
    expect(await heardBy('sink.write', 'timer')).toEqual([0]);
    expect(await heardBy('sink.outside', 'timer')).toEqual([0]);
    switches.outside = () => Promise.resolve();
  });

  it('parks what only a process of another version understands, for it to handle', async () => {
    await sink().query(
      sql`insert into inbox_listener (subscriber, message) values ('sink.listener', 'source.counted.v2')`,
    );
    const parked = () =>
      sink().query(sql`select 1 from inbox_parked where subscriber = 'sink.listener' and name = 'source.counted.v2'`);
    await until(async () => {
      await source().query(sql`
        insert into outbox (message_id, slot, name, key, payload, correlation_id)
        values (gen_random_uuid(), 3, 'source.counted.v2', 'newer', '{}', 'rolling')`);
      return (await parked()).length > 0; // what came before this process heard of the other one is not for it
    });
    await sink().query(sql`delete from inbox_listener where message = 'source.counted.v2'`);
  });

  it('closes the doors by which an event could leave without its change', () => {
    expect(() => app.get(EventBus).publish(new Counted({ key: 'a', n: 1 }))).toThrow('repository');
  });
});

describe('several processes on one database', () => {
  it('handle nothing twice and keep the order of each key, while handlers fail and one of them goes', async () => {
    const database = await testDatabase();
    const chance = new SeededRandomness('several');
    const switches = new Switches();
    const troubled = new Set<string>();
    switches.failing = (subscriber, key, n) => {
      const delivery = `${subscriber} ${key} ${n}`;
      if (troubled.has(delivery) || chance.next() > 0.02) return false;
      troubled.add(delivery);
      return true;
    };
    const [first, second] = [await boot(database.url, switches), await boot(database.url, switches)];
    try {
      const keys = Array.from({ length: 60 }, (_, index) => `key-${index}`);
      const counting = (app: TestingModule, rounds: number) =>
        Promise.all(
          keys.map(async (key) => {
            for (let round = 0; round < rounds; round++) await app.get(CommandBus).execute(new Count({ key }));
          }),
        );
      await Promise.all([counting(first, 6), counting(second, 6)]);
      await first.close();
      await counting(second, 3);
      const sink = second.get(Registry).databases.get('sink')!;
      await until(
        async () => (await sink.one<{ n: number }>(sql`select count(*) as n from heard`))!.n === 60 * 15 * 2,
        'all heard',
        30,
      );
      const rows = await sink.query<{ subscriber: string; key: string; ns: number[] }>(
        sql`select subscriber, key, array_agg(n order by seq) as ns from heard group by 1, 2`,
      );
      expect(rows).toHaveLength(120);
      for (const { ns } of rows) expect(ns).toEqual(Array.from({ length: 15 }, (_, index) => index + 1));
      expect(troubled.size).toBeGreaterThan(5);
    } finally {
      await second.close();
      await database.drop();
    }
  }, 60_000);
});
