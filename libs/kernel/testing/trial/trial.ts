import { Module } from '@nestjs/common';
import { CommandHandler, type ICommandHandler, type IQueryHandler, QueryBus, QueryHandler } from '@nestjs/cqrs';
import * as z from 'zod';
import { SeededRandomness } from '#kernel/base';
import {
  Aggregate,
  context,
  Database,
  migration,
  On,
  owns,
  Repository,
  send,
  sql,
  Subscriber,
  WithoutTransaction,
} from '#kernel/core';
import { anyone, command, event, internal, owner, permission, query, text, vouched } from '#kernel/messages';

/** Two small contexts that try the kernel out: `source` counts and tells, `sink` writes down what it hears, in order. */

export class Count extends command('source.count.v1', {
  access: anyone,
  input: z.object({ key: text() }),
  output: z.object({ n: z.int() }),
  errors: { 'source.too_many': { status: 409, details: z.object({ limit: z.int() }) } },
}) {}
export class Counted extends event('source.counted.v1', { key: 'key', data: z.object({ key: text(), n: z.int() }) }) {}
export class CountAndAsk extends command('source.count-and-ask.v1', {
  access: anyone,
  input: z.object({ key: text() }),
}) {}
export class AskThenCount extends command('source.ask-then-count.v1', {
  access: anyone,
  input: z.object({ key: text() }),
  output: z.object({ n: z.int(), heard: z.int() }),
}) {}
export class CountLater extends command('source.count-later.v1', {
  access: anyone,
  input: z.object({ key: text(), at: z.iso.datetime() }),
}) {}
export class CountMine extends command('source.count-mine.v1', {
  access: owner(),
  input: z.object({ key: text(), ask: z.boolean() }),
}) {}
export class CountAsAdmin extends command('source.count-as-admin.v1', {
  access: permission('count'),
  input: z.object({ key: text() }),
}) {}
export class Break extends command('source.break.v1', {
  access: anyone,
  input: z.object({ how: text() }),
  output: z.object({ n: z.int() }),
}) {}

export class Heard extends query('sink.heard.v1', {
  access: anyone,
  input: z.object({ key: text() }),
  output: z.object({ numbers: z.array(z.int()) }),
}) {}
export class Write extends command('sink.write.v1', {
  access: internal,
  key: 'key',
  input: z.object({ key: text(), n: z.int() }),
}) {}
export class CallOutside extends command('sink.call-outside.v1', {
  access: internal,
  key: 'key',
  input: z.object({ key: text(), n: z.int() }),
}) {}
/** Calls outside, and forgets then what was heard: refuses where nothing was. */
export class Forget extends command('sink.forget.v1', {
  access: anyone,
  input: z.object({ key: text() }),
  output: z.object({ n: z.int() }),
  errors: { 'sink.nothing_heard': { status: 409 } },
}) {}

const SourceTables = migration(
  'SourceTables1700000001000',
  'create table counter (key text primary key, n integer not null)',
);
const SinkTables = migration(
  'SinkTables1700000001000',
  'create table heard (seq bigint generated always as identity, subscriber text not null, key text not null, n integer not null)',
);

/** What the trial's handlers do to the outside world; a test replaces it. */
export abstract class Outside {
  abstract call(key: string, n: number): Promise<void>;
}

/** Decides which deliveries fail; a test replaces it. */
export abstract class Trouble {
  abstract strike(subscriber: string, key: string, n: number): void;
}

/** With a seed, one delivery in fifty fails; without, none. */
function trouble(seed: string | undefined): Trouble {
  const chance = new SeededRandomness(seed ?? '');
  return {
    strike: (subscriber, key, n) => {
      if (seed !== undefined && chance.next() < 0.02) throw new Error(`trouble of ${subscriber} with ${key} ${n}`);
    },
  };
}

class Counter extends Aggregate {
  constructor(
    readonly key: string,
    public n: number,
  ) {
    super();
  }

  count(): void {
    if (this.n >= 1_000) throw Count.failure('source.too_many', { limit: 1_000 });
    this.n++;
    this.record(new Counted({ key: this.key, n: this.n }));
  }
}

class Counters extends Repository<Counter> {
  async lock(key: string): Promise<Counter> {
    const row = await this.database.one<{ n: number }>(sql`
      insert into counter (key, n) values (${key}, 0) on conflict (key) do update set n = counter.n returning n`);
    return new Counter(key, row!.n);
  }

  protected async store({ key, n }: Counter): Promise<void> {
    await this.database.query(sql`update counter set n = ${n} where key = ${key}`);
  }

  async count(key: string): Promise<{ n: number }> {
    const counter = await this.lock(key);
    counter.count();
    await this.save(counter);
    return { n: counter.n };
  }
}

/** Asks the sink; a class of its own so that handlers need not know the bus. */
class Asks {
  constructor(private readonly queries: QueryBus) {}
  heard = (key: string) => this.queries.execute(new Heard({ key }));
}

@CommandHandler(Count)
class CountHandler implements ICommandHandler<Count> {
  constructor(private readonly counters: Counters) {}
  execute = ({ key }: Count) => this.counters.count(key);
}

@CommandHandler(CountAsAdmin)
class CountAsAdminHandler implements ICommandHandler<CountAsAdmin> {
  constructor(private readonly counters: Counters) {}
  execute = async ({ key }: CountAsAdmin) => void (await this.counters.count(key));
}

@CommandHandler(CountMine)
class CountMineHandler implements ICommandHandler<CountMine> {
  constructor(private readonly counters: Counters) {}
  async execute({ key, ask }: CountMine) {
    if (ask && !owns(`user:${key}`)) throw Count.failure('source.too_many', { limit: 0 });
    await this.counters.count(key);
  }
}

@CommandHandler(CountAndAsk)
class CountAndAskHandler implements ICommandHandler<CountAndAsk> {
  constructor(
    private readonly counters: Counters,
    private readonly queries: Asks,
  ) {}
  async execute({ key }: CountAndAsk) {
    await this.counters.count(key);
    await this.queries.heard(key);
  }
}

@CommandHandler(AskThenCount)
@WithoutTransaction()
class AskThenCountHandler implements ICommandHandler<AskThenCount> {
  constructor(
    private readonly counters: Counters,
    private readonly queries: Asks,
    private readonly database: Database,
  ) {}
  async execute({ key }: AskThenCount) {
    const { numbers } = await this.queries.heard(key);
    return this.database.transaction(async () => ({ ...(await this.counters.count(key)), heard: numbers.length }));
  }
}

@CommandHandler(CountLater)
class CountLaterHandler implements ICommandHandler<CountLater> {
  async execute({ key, at }: CountLater) {
    send(new Count({ key }), { at });
    send(new Write({ key, n: 0 }));
    send(new CallOutside({ key, n: 0 }));
  }
}

@CommandHandler(Break)
class BreakHandler implements ICommandHandler<Break> {
  constructor(
    private readonly database: Database,
    private readonly counters: Counters,
  ) {}
  async execute({ how }: Break): Promise<{ n: number }> {
    if (how === 'contract') return { wrong: true } as never;
    if (how === 'slow') await this.database.query(sql`select pg_sleep(2)`);
    if (how === 'unexpected') throw new Error('the secret is 42');
    return this.counters.count(how);
  }
}

@Subscriber('sink.listener')
class Listener {
  constructor(
    private readonly database: Database,
    private readonly trouble: Trouble,
  ) {}

  @On(Counted)
  async counted({ key, n }: Counted) {
    this.trouble.strike('sink.listener', key, n);
    await this.database.query(sql`insert into heard (subscriber, key, n) values ('sink.listener', ${key}, ${n})`);
  }
}

@Subscriber('sink.batches', { batch: 50 })
class BatchListener {
  constructor(
    private readonly database: Database,
    private readonly trouble: Trouble,
  ) {}

  @On(Counted)
  async counted({ key, n }: Counted) {
    this.trouble.strike('sink.batches', key, n);
    await this.database.query(sql`insert into heard (subscriber, key, n) values ('sink.batches', ${key}, ${n})`);
  }
}

@QueryHandler(Heard)
class HeardHandler implements IQueryHandler<Heard> {
  constructor(private readonly database: Database) {}
  async execute({ key }: Heard) {
    const row = await this.database.one<{ json: string }>(sql`
      select json_build_object('numbers', coalesce(json_agg(n order by seq), '[]'))::text as json
      from heard where key = ${key} and subscriber = 'sink.listener'`);
    return vouched<{ numbers: number[] }>(row!.json);
  }
}

@CommandHandler(Write)
class WriteHandler implements ICommandHandler<Write> {
  constructor(private readonly database: Database) {}
  async execute({ key, n }: Write) {
    await this.database.query(sql`insert into heard (subscriber, key, n) values ('sink.write', ${key}, ${n})`);
  }
}

@CommandHandler(CallOutside)
@WithoutTransaction()
class CallOutsideHandler implements ICommandHandler<CallOutside> {
  constructor(
    private readonly database: Database,
    private readonly outside: Outside,
  ) {}
  async execute({ key, n }: CallOutside) {
    await this.outside.call(key, n);
    await this.database.transaction(() =>
      this.database.query(sql`insert into heard (subscriber, key, n) values ('sink.outside', ${key}, ${n})`),
    );
  }
}

@CommandHandler(Forget)
@WithoutTransaction()
class ForgetHandler implements ICommandHandler<Forget> {
  constructor(
    private readonly database: Database,
    private readonly outside: Outside,
  ) {}
  async execute({ key }: Forget) {
    await this.outside.call(key, 0);
    return this.database.transaction(async () => {
      const forgotten = await this.database.query(sql`delete from heard where key = ${key} returning n`);
      if (forgotten.length === 0) throw Forget.failure('sink.nothing_heard');
      return { n: forgotten.length };
    });
  }
}

@Module({
  imports: [context('source', { migrations: [SourceTables] })],
  providers: [
    Counters,
    { provide: Asks, useFactory: (queries: QueryBus) => new Asks(queries), inject: [QueryBus] },
    CountHandler,
    CountAsAdminHandler,
    CountMineHandler,
    CountAndAskHandler,
    AskThenCountHandler,
    CountLaterHandler,
    BreakHandler,
  ],
})
export class SourceModule {}

@Module({
  imports: [context('sink', { migrations: [SinkTables] })],
  providers: [
    Listener,
    BatchListener,
    HeardHandler,
    WriteHandler,
    CallOutsideHandler,
    ForgetHandler,
    { provide: Trouble, useFactory: () => trouble(process.env['CLEAVE_TRIAL_TROUBLE']) },
    { provide: Outside, useValue: { call: () => Promise.resolve() } },
  ],
})
export class SinkModule {}
