import { type DynamicModule, Global, Module } from '@nestjs/common';
import { CommandBus, CqrsModule, EventBus, QueryBus } from '@nestjs/cqrs';
import {
  type AnySettingsClass,
  Clock,
  Ids,
  Randomness,
  SeededRandomness,
  SystemClock,
  SystemRandomness,
} from '#kernel/base';
import { CleaveCommandBus, CleaveEventBus, CleaveQueryBus } from './bus/buses.js';
import { CALL_TIMEOUT_MS, Caller, LINK } from './bus/caller.js';
import { LocalLink } from './bus/local-link.js';
import { Owner, TRUSTS_HANDLERS } from './bus/owner.js';
import { Registry } from './bus/registry.js';
import { RoutedLink, TransportLink } from './bus/routed-link.js';
import type { MigrationClass } from './database/data-source.js';
import { Database } from './database/database.js';
import { prepareDatabase } from './database/prepare.js';
import { Interceptors } from './interceptors/interceptors.js';
import { KERNEL_OPTIONS, type KernelOptions } from './kernel-options.js';
import { KernelRuntime } from './kernel-runtime.js';
import { databaseFault, databaseUrls } from './kernel-settings.js';
import { operationHandlers } from './operations/handlers.js';
import {
  CallRefusals1700000000006,
  CursorLife1700000000005,
  FlowIndex1700000000002,
  InboxListeners1700000000004,
  KernelRefusal1700000000001,
  KernelTables1700000000000,
  LogPlace1700000000003,
  MessageHeaders1700000000007,
} from './outbox/kernel-tables.js';
import { Outbox } from './outbox/outbox.js';
import { RehearsedLink } from './rehearsal/rehearsal.js';

/** Buses, clock and machinery: imported once by the application. */
@Global()
@Module({})
export class KernelModule {
  static forRoot(options: KernelOptions): DynamicModule {
    const { rehearsal, split } = options;
    const cqrs = CqrsModule.forRoot();
    return {
      module: KernelModule,
      imports: [
        {
          ...cqrs,
          providers: [
            ...(cqrs.providers ?? []),
            Registry,
            Owner,
            Caller,
            LocalLink,
            KernelRuntime,
            { provide: KERNEL_OPTIONS, useValue: options },
            { provide: Interceptors, useFactory: () => new Interceptors(options.interceptors ?? []) },
            { provide: CALL_TIMEOUT_MS, useValue: options.callTimeoutMs },
            { provide: Clock, useClass: SystemClock },
            { provide: Ids, useFactory: (clock: Clock) => new Ids(clock), inject: [Clock] },
            { provide: Randomness, useClass: SystemRandomness },
            {
              provide: LINK,
              useFactory: (local: LocalLink, registry: Registry) => {
                const here =
                  rehearsal === undefined ? local : new RehearsedLink(local, new SeededRandomness(rehearsal));
                return split?.calls ? new RoutedLink(registry, here, new TransportLink(split.calls)) : here;
              },
              inject: [LocalLink, Registry],
            },
            { provide: TRUSTS_HANDLERS, useValue: rehearsal === undefined },
            CleaveCommandBus,
            CleaveQueryBus,
            CleaveEventBus,
            { provide: CommandBus, useExisting: CleaveCommandBus },
            { provide: QueryBus, useExisting: CleaveQueryBus },
            { provide: EventBus, useExisting: CleaveEventBus },
          ],
          exports: [Clock, Ids, Randomness, Registry, Owner, Interceptors, KernelRuntime, KERNEL_OPTIONS],
        },
      ],
    };
  }
}

/** What a context brings along: its migrations, after the kernel's own, and its settings. */
export interface ContextOptions {
  readonly migrations?: readonly MigrationClass[];
  readonly settings?: AnySettingsClass;
}

@Module({})
class ContextModule {}

/**
 * What a context's core module imports: its `Database` (schema, role, pool, migrations, outbox, inbox), its settings
 * under their class, and the handlers of the messages for operators (`operationsOf`).
 */
export function context(name: string, { migrations = [], settings }: ContextOptions = {}): DynamicModule {
  return {
    module: ContextModule,
    providers: [
      {
        provide: Database,
        useFactory: (options: KernelOptions, clock: Clock, ids: Ids, registry: Registry, interceptors: Interceptors) =>
          openDatabase(name, migrations, options, clock, ids, registry, interceptors),
        inject: [KERNEL_OPTIONS, Clock, Ids, Registry, Interceptors],
      },
      ...operationHandlers(name),
      ...(settings
        ? [
            {
              provide: settings,
              useFactory: ({ environment }: KernelOptions) => new settings(environment),
              inject: [KERNEL_OPTIONS],
            },
          ]
        : []),
    ],
    exports: [Database, ...(settings ? [settings] : [])],
  };
}

const kernelMigrations = [
  KernelTables1700000000000,
  KernelRefusal1700000000001,
  FlowIndex1700000000002,
  LogPlace1700000000003,
  InboxListeners1700000000004,
  CursorLife1700000000005,
  CallRefusals1700000000006,
  MessageHeaders1700000000007,
];

async function openDatabase(
  name: string,
  migrations: readonly MigrationClass[],
  options: KernelOptions,
  clock: Clock,
  ids: Ids,
  registry: Registry,
  interceptors: Interceptors,
): Promise<Database> {
  const outbox = new Outbox(ids, interceptors);
  const database = new Database(
    {
      context: name,
      ...databaseUrls(name, options.environment, options.databaseUrl),
      poolSize: options.poolSize,
      migrations: [...kernelMigrations, ...migrations],
      ids,
      transactionTimeoutMs: options.transactionTimeoutMs,
    },
    clock,
    outbox,
  );
  registry.host(database, outbox);
  try {
    if (options.migrate) await prepareDatabase(database.options);
    await database.dataSource.initialize();
  } catch (error) {
    throw databaseFault(name, options.environment, database.options.url, error);
  }
  return database;
}
