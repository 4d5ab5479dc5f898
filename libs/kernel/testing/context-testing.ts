import type { DynamicModule, Type } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { Test, type TestingModule } from '@nestjs/testing';
import { Ids } from '#kernel/base';
import {
  type CallContext,
  Database,
  KernelModule,
  type KernelOptions,
  KernelRuntime,
  messageColumns,
  messageRows,
  Registry,
  rowOf,
  runIn,
  service,
  sql,
} from '#kernel/core';
import { contractOf, JsonText, keyOf, type MessageClass } from '#kernel/messages';
import { testDatabase } from './test-database.js';
import { until } from './until.js';

/** The kernel's options for a test on the database at `url`. */
export const testKernelOptions = (databaseUrl: string, options: Partial<KernelOptions> = {}): KernelOptions => ({
  environment: {},
  databaseUrl,
  migrate: true,
  rehearsal: undefined,
  poolSize: 5,
  callTimeoutMs: 20_000, // crowds come, on machines that do other things as well
  transactionTimeoutMs: 3_000,
  maxAttempts: 12,
  retentionDays: { outbox: 7, inbox: 14, calls: 3 },
  instance: `test ${process.pid} ${Math.random()}`, // oxlint-disable-line cleave/deterministic -- only a name
  ...options,
});

/** Another context's answer: what its contract says, made up by the test and checked against it. */
export interface StubbedAnswer {
  readonly contract: MessageClass;
  readonly answer: (message: never) => unknown;
}

export const answers = <Message extends object>(
  contract: { new (...input: never[]): Message } & Pick<MessageClass, 'messageName'>,
  answer: (message: Message) => unknown,
): StubbedAnswer => ({ contract: contract as unknown as MessageClass, answer: answer as StubbedAnswer['answer'] });

/** One context, alone, on a database of its own; the others are their contracts. */
export interface TestedContext {
  readonly module: TestingModule;
  readonly database: Database;
  /** Executes a command or a query; as a service unless `as` says otherwise. */
  execute<Answer>(message: object, as?: Partial<CallContext>): Promise<Answer>;
  /** Lets the context hear another's event, or receive a sent command, as if it came from its outbox. */
  hear(message: object): Promise<void>;
  /** What the context has published and sent so far: names and payloads, in order. */
  said(): Promise<{ name: string; payload: unknown }[]>;
  close(): Promise<void>;
}

/**
 * Boots the core module of the context `name` with the real kernel and a real database.
 * Other contexts' messages are answered by `stubs`, and their answers checked against the contract.
 */
export async function testContext(
  name: string,
  core: Type | DynamicModule,
  {
    stubs = [],
    options = {},
    imports = [],
  }: { stubs?: readonly StubbedAnswer[]; options?: Partial<KernelOptions>; imports?: (Type | DynamicModule)[] } = {},
): Promise<TestedContext> {
  const { url, drop } = await testDatabase();
  const module = await Test.createTestingModule({
    imports: [KernelModule.forRoot(testKernelOptions(url, options)), ...imports, core],
  }).compile();
  const registry = module.get(Registry, { strict: false });
  await module.init().catch(async (error: unknown) => {
    await module.close(); // what has begun already would go on after the test
    await drop();
    throw error;
  });
  const database = registry.databases.get(name);
  if (!database) throw new Error(`the module does not load the context "${name}"`);
  for (const { contract, answer } of stubs) {
    registry.handlers.set(contract.messageName, {
      contract,
      database,
      withoutTransaction: true,
      execute: async (message) => answer(message as never),
    });
  }
  const ids = module.get(Ids, { strict: false });
  return {
    module,
    database,
    execute: <Answer>(message: object, as: Partial<CallContext> = {}) => {
      const around: CallContext = { correlationId: ids.next(), principal: service('test'), ...as };
      const ask = (): Promise<Answer> =>
        contractOf(message).kind === 'query'
          ? module.get(QueryBus, { strict: false }).execute<object, Answer>(message)
          : module.get(CommandBus, { strict: false }).execute<object, Answer>(message);
      return runIn(around, async () => {
        const answer = await ask();
        return answer instanceof JsonText ? (answer.toJSON() as Answer) : answer;
      });
    },
    hear: async (message) => {
      // Parked as due, it is handled as a retry is.
      const { messageName: name, kind, context } = contractOf(message);
      const id = ids.next();
      const envelope = {
        id,
        name,
        key: keyOf(message) ?? id,
        destination: kind === 'command' ? context : null,
        payload: message,
        headers: { correlationId: id },
      };
      const receivers =
        kind === 'command'
          ? [context]
          : [...registry.subscribers.values()].filter(({ listeners }) => listeners.has(name)).map((one) => one.name);
      await database.query(sql`
        insert into inbox_parked (${messageColumns}, subscriber, publisher, at)
        select ${messageColumns}, subscriber, 'test', now()
        from ${messageRows(
          receivers.map((subscriber) => ({ ...rowOf(envelope), subscriber })),
          sql`subscriber text`,
        )}`);
      module.get(KernelRuntime, { strict: false }).inbound(database.context).worker.wake();
      await until(
        async () => {
          const [waiting] = await database.query<{ error: unknown }>(
            sql`select error from inbox_parked where message_id = ${id} limit 1`,
          );
          if (waiting?.error) throw new Error(`${name} failed: ${JSON.stringify(waiting.error)}`);
          return !waiting;
        },
        `${name} handled`,
        40,
      );
    },
    said: () => database.query(sql`select name, payload from outbox order by id`),
    close: async () => {
      await module.close();
      await drop();
    },
  };
}
