import pg from 'pg';
import type { DataSourceOptions, MigrationInterface } from 'typeorm';
import type { Ids } from '#kernel/base';

export type MigrationClass = new () => MigrationInterface;

export interface DatabaseOptions {
  readonly context: string;
  readonly url: string;
  /** Where queries may read instead; undefined: from `url`. */
  readonly replicaUrl?: string | undefined;
  readonly poolSize: number;
  readonly migrations: readonly MigrationClass[];
  readonly ids: Ids;
  /** Longest transaction, in milliseconds; shorter than a lease, so that a frozen process never outlives its successor's start. */
  readonly transactionTimeoutMs: number;
}

/** Role names are the server's, schemas are a database's: hence the prefix. */
export const roleOf = (context: string): string => `cleave_${context.replaceAll('-', '_')}`;
export const schemaOf = (context: string): string => context.replaceAll('-', '_');

/** How a context connects: as its own role, in its own schema, with time-outs that no frozen process can outlast. */
export function dataSourceOptions(options: DatabaseOptions): DataSourceOptions {
  const { context, url, replicaUrl, poolSize, transactionTimeoutMs } = options;
  return {
    ...shared(context),
    ...(replicaUrl ? { replication: { master: { url }, slaves: [{ url: replicaUrl }] } } : { url }),
    poolSize,
    connectTimeoutMS: 5_000,
    extra: {
      types,
      ...keptAlive,
      idleTimeoutMillis: 60_000,
      options: startupOptions(context, {
        transaction_timeout: transactionTimeoutMs,
        idle_in_transaction_session_timeout: transactionTimeoutMs,
        lock_timeout: transactionTimeoutMs,
      }),
    },
  };
}

/** The connection that migrates: the same role, without time-outs. */
export function migratorOptions(options: DatabaseOptions): DataSourceOptions {
  const { context, url, migrations } = options;
  return {
    ...shared(context),
    url,
    poolSize: 2,
    migrations: [...migrations],
    extra: { types, options: startupOptions(context, {}) },
  };
}

/** Else who waits for a server that is gone without a word, as one whose network is, would wait for ever. */
const keptAlive = { keepAlive: true, keepAliveInitialDelayMillis: 10_000 };

/** One connection for the relay's reads: their plans are made once, and are index scans. */
export function outboxReaderOptions({ context, url }: DatabaseOptions): pg.PoolConfig {
  return {
    connectionString: url,
    max: 1,
    types,
    ...keptAlive,
    application_name: `cleave ${context} relay`,
    connectionTimeoutMillis: 5_000,
    options: `${startupOptions(context, { statement_timeout: 10_000 })} -c enable_seqscan=off -c plan_cache_mode=force_generic_plan`,
  };
}

function shared(context: string) {
  return {
    type: 'postgres' as const,
    driver: pg, // else TypeORM loads one beside the bundle's
    schema: schemaOf(context),
    entities: [],
    logging: false,
    installExtensions: false,
    migrationsTableName: 'migrations',
    applicationName: `cleave ${context}`,
  };
}

/** As this context's role, in its schema. */
export function startupOptions(context: string, settings: Record<string, number>): string {
  const all = { role: roleOf(context), search_path: schemaOf(context), timezone: 'UTC', ...settings };
  return Object.entries(all)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ');
}

const int8 = 20;
const timestamptz = 1184;

/** bigint as a number (refused beyond 2^53), timestamptz as the ISO 8601 string that contracts carry. */
const types = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (format !== 'binary' && oid === int8) return safeInteger;
    if (format !== 'binary' && oid === timestamptz) return instant;
    return pg.types.getTypeParser(oid, format as 'text');
  },
};

function safeInteger(value: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError(`${value} is beyond what a JSON number can carry`);
  return number;
}

/** `2026-01-31 12:00:00.12345+00` to `2026-01-31T12:00:00.123Z`; the session's time zone is UTC. */
function instant(value: string): string {
  const [day, time = ''] = value.split(' ');
  const [clock, fraction = ''] = time.replace(/\+00$/, '').split('.');
  return `${day}T${clock}.${fraction.slice(0, 3).padEnd(3, '0')}Z`;
}
