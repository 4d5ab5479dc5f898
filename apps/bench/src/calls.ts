import { Module } from '@nestjs/common';
import {
  CommandBus,
  CommandHandler,
  CqrsModule,
  type ICommandHandler,
  type IQueryHandler,
  QueryBus,
  QueryHandler,
} from '@nestjs/cqrs';
import { Test, type TestingModule } from '@nestjs/testing';
import pg from 'pg';
import * as z from 'zod';
import { anonymous, context, Database, KernelModule, runIn, sql } from '#kernel/core';
import { anyone, command, query, text, Uuid } from '#kernel/messages';
import { testDatabase, testKernelOptions } from '#kernel/testing';
import { inFlight, interleaved, type Line, median, number, paired, quotient, verdict } from './measure.js';

const Money = z.object({ amount: z.int(), currency: text() });
const Article = z.object({ sku: text(), title: text(), quantity: z.int(), unitPrice: Money, lineTotal: Money });

class AskSmall extends query('calls.ask-small.v1', {
  access: anyone,
  input: z.object({ id: Uuid }),
  output: z.object({ id: Uuid, n: z.int() }),
}) {}
class AskLarge extends query('calls.ask-large.v1', {
  access: anyone,
  input: z.object({ id: Uuid }),
  output: z.object({ id: Uuid, articles: z.array(Article) }),
}) {}
class Count extends command('calls.count.v1', { access: anyone, input: z.object({ counter: z.int() }) }) {}

const id = '01936b5e-7c4a-7000-8000-000000000001';
const price = { amount: 1_250, currency: 'EUR' };
/** 1 kB of JSON. */
const articles = Array.from({ length: 7 }, (_, index) => ({
  sku: `SKU-${index}`,
  title: `A title of some length, ${index}`,
  quantity: 2,
  unitPrice: price,
  lineTotal: price,
}));

@QueryHandler(AskSmall)
class AskSmallHandler implements IQueryHandler<AskSmall> {
  execute = async ({ id }: AskSmall) => ({ id, n: 1 });
}

@QueryHandler(AskLarge)
class AskLargeHandler implements IQueryHandler<AskLarge> {
  execute = async ({ id }: AskLarge) => ({ id, articles });
}

@CommandHandler(Count)
class CountHandler implements ICommandHandler<Count> {
  constructor(private readonly database: Database) {}
  async execute({ counter }: Count) {
    await this.database.query(sql`update public.counter set n = n + 1 where id = ${counter}`);
  }
}

@Module({ imports: [context('calls')], providers: [AskSmallHandler, AskLargeHandler, CountHandler] })
class CallsModule {}

@Module({ imports: [CqrsModule.forRoot()], providers: [AskSmallHandler, AskLargeHandler] })
class PlainModule {}

const ROUNDS = 5;
const POOL = 5;

async function boot(url: string, cleanup: AsyncDisposableStack): Promise<TestingModule> {
  const kernel = await Test.createTestingModule({
    imports: [KernelModule.forRoot(testKernelOptions(url, { poolSize: POOL })), CallsModule],
  }).compile();
  cleanup.defer(() => kernel.close());
  return kernel.init();
}

/** Answers how to ask the query with the small answer through the kernel's bus, as an HTTP request asks. */
export async function startCalls(cleanup: AsyncDisposableStack): Promise<{ askSmall: () => Promise<unknown> }> {
  const { url, drop } = await testDatabase();
  cleanup.defer(drop);
  const queries = (await boot(url, cleanup)).get(QueryBus, { strict: false });
  const by = { correlationId: id, principal: anonymous };
  return { askSmall: () => runIn(by, () => queries.execute(new AskSmall({ id }))) };
}

/** What the kernel's bus costs on top of Nest's own, and its transaction on top of one by hand. */
export async function calls(cleanup: AsyncDisposableStack): Promise<Line[]> {
  const { url, drop } = await testDatabase();
  cleanup.defer(drop);
  const pool = new pg.Pool({ connectionString: url, max: POOL });
  cleanup.defer(() => pool.end());
  await pool.query('create table counter (id integer primary key, n integer not null) with (fillfactor = 50)');
  await pool.query('insert into counter select generate_series(0, 63), 0');
  await pool.query('grant all on counter to public');

  const kernel = await boot(url, cleanup);
  const plain = await Test.createTestingModule({ imports: [PlainModule] }).compile();
  cleanup.defer(() => plain.close());
  await plain.init();

  const ours = kernel.get(QueryBus, { strict: false });
  const nests = plain.get(QueryBus, { strict: false });
  const commands = kernel.get(CommandBus, { strict: false });
  const updateByHand = async (counter: number) => {
    const client = await pool.connect();
    try {
      await client.query('begin');
      await client.query({
        name: 'update',
        text: 'update public.counter set n = n + 1 where id = $1',
        values: [counter],
      });
      await client.query('commit');
    } finally {
      client.release();
    }
  };

  const lines: Line[] = [];
  for (const workers of [1, 64]) {
    /** Microseconds for one of `count`; asked as an HTTP request asks. */
    const each = (count: number, work: (index: number, worker: number) => Promise<unknown>) => async () =>
      (await runIn({ correlationId: id, principal: anonymous }, () => inFlight(workers, count, work))) * (1e6 / count);
    for (const [size, Ask] of [
      ['small', AskSmall],
      ['1 kB', AskLarge],
    ] as const) {
      const { kernels, plains } = await interleaved(ROUNDS, {
        kernels: each(10_000, () => ours.execute(new Ask({ id }))),
        plains: each(10_000, () => nests.execute(new Ask({ id }))),
      });
      const difference = paired(kernels, plains, (a, b) => a - b);
      lines.push({
        what: `query, ${size} answer, ${workers} in flight`,
        rate: `${number(median(kernels), 1)} µs`,
        yardstick: `${number(median(plains), 1)} µs`,
        ratio: `+${number(difference, 1)} µs`,
        aim: verdict('≤ +20 µs', difference <= 20),
      });
    }
    const count = workers === 1 ? 500 : 1_500;
    const { kernels, plains } = await interleaved(ROUNDS, {
      kernels: each(count, (_, worker) => commands.execute(new Count({ counter: worker }))),
      plains: each(count, (_, worker) => updateByHand(worker)),
    });
    lines.push({
      what: `command, one UPDATE, ${workers} in flight`,
      rate: `${number(1e6 / median(kernels))}/s`,
      yardstick: `${number(1e6 / median(plains))}/s`,
      ratio: number(quotient(plains, kernels), 2),
    });
  }
  return lines;
}
