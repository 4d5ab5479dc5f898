import * as z from 'zod';
import { type Environment, integer, onOff, settings, WrongSettings } from '#kernel/base';

const postgresUrl = () => z.string().regex(/^postgres(ql)?:\/\//, 'must be a URL that begins with postgres://');

/** The kernel's own settings. `<CONTEXT>_DATABASE_URL` and `<CONTEXT>_DATABASE_REPLICA_URL` move one context to its own server. */
export class KernelSettings extends settings({
  DATABASE_URL: {
    schema: postgresUrl().optional(),
    doc: 'PostgreSQL 17 or later, postgres://user:password@host:port/database. Its user makes a role and a schema for each context.\nUnset, an embedded server keeps its data in CLEAVE_DATA_DIR; in production it must be set.\n<CONTEXT>_DATABASE_URL moves one context to its own server, <CONTEXT>_DATABASE_REPLICA_URL lets its queries read elsewhere.',
  },
  CLEAVE_MIGRATE: {
    schema: onOff(),
    default: 'on',
    doc: 'on: each context migrates its schema at boot, under a lock. off: `npx cleave migrate` does it.',
  },
  CLEAVE_REHEARSAL: {
    schema: z.string().optional(),
    doc: 'A seed, any text: the monolith behaves as if it were split. Messages are serialised, delayed, doubled, lost.',
  },
  CLEAVE_POOL_SIZE: { schema: integer(2, 200), default: '5', doc: 'Database connections of each context, at most.' },
  CLEAVE_CALL_TIMEOUT_MS: {
    schema: integer(100, 600_000),
    default: '5000',
    doc: 'Milliseconds until a call without an answer is given up.',
  },
  CLEAVE_TRANSACTION_TIMEOUT_MS: {
    schema: integer(500, 8_000),
    default: '3000',
    doc: 'Milliseconds a transaction may take. Shorter than a lease (10 s), so that a frozen process never outlasts its successor.',
  },
  CLEAVE_MAX_ATTEMPTS: {
    schema: integer(1, 1_000),
    default: '12',
    doc: 'How often a failing message is tried before it is a dead letter.',
  },
  CLEAVE_OUTBOX_DAYS: { schema: integer(1, 3_650), default: '7', doc: 'Days that published messages are kept.' },
  CLEAVE_INBOX_DAYS: {
    schema: integer(1, 3_650),
    default: '14',
    doc: 'Days that handled messages are remembered; more than CLEAVE_OUTBOX_DAYS.',
  },
  CLEAVE_CALL_DAYS: {
    schema: integer(1, 3_650),
    default: '3',
    doc: 'Days that the answers to idempotency keys are kept.',
  },
}) {}

/** Where a context's data is: its own URL, or the common one. */
export function databaseUrls(
  context: string,
  environment: Readonly<Record<string, string | undefined>>,
  common: string | undefined,
): { url: string; replicaUrl: string | undefined } {
  const prefix = context.toUpperCase().replaceAll('-', '_');
  const url = environment[`${prefix}_DATABASE_URL`] || common;
  if (!url) throw new Error(`"${context}" has no database: set DATABASE_URL, or ${prefix}_DATABASE_URL`);
  return { url, replicaUrl: environment[`${prefix}_DATABASE_REPLICA_URL`] || undefined };
}

const network = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ECONNRESET',
]);
/** Of PostgreSQL: wrong user or password, no such database, no right to connect. */
const refused = new Set(['28000', '28P01', '3D000', '42501']);

/** What failed to open a database, told by the setting that may be wrong where it may be; else as it was. */
export function databaseFault(context: string, environment: Environment, url: string, error: unknown): unknown {
  const { code = '', message } = error as { code?: string; message?: string };
  if (!network.has(code) && !refused.has(code)) return error;
  const own = `${context.toUpperCase().replaceAll('-', '_')}_DATABASE_URL`;
  const { protocol, username, host, pathname } = new URL(url);
  const shown = `${environment[own] ? own : 'DATABASE_URL'}=${protocol}//${username && `${username}@`}${host}${pathname}`;
  const remedy = network.has(code) ? 'Start that server, or name another.' : 'Correct the URL, or let a DBA allow it.';
  return new WrongSettings([`${shown}: ${message || code}. ${remedy}`]);
}
