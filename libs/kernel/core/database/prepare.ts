import { Logger } from '@nestjs/common';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { errorText } from '#kernel/base';
import { type DatabaseOptions, migratorOptions, roleOf, schemaOf } from './data-source.js';

const logger = new Logger('Database');

/** What of a context's home the server has, and whether the login may take the role. */
interface Home {
  readonly role: boolean;
  readonly schema: boolean;
  readonly member: boolean;
  readonly login: string;
}

/** The statements that make what is missing of a context's role and schema. */
function missingOf(context: string, { role: hasRole, schema: hasSchema, member, login }: Home): string[] {
  const role = roleOf(context);
  return [
    ...(hasRole ? [] : [`create role ${role} nologin`]),
    ...(hasRole && member ? [] : [`grant ${role} to ${pg.escapeIdentifier(login)}`]),
    ...(hasSchema ? [] : [`create schema ${schemaOf(context)} authorization ${role}`]),
  ];
}

/** For a look at what is there, one connection for all contexts of a database that start together. */
const looking = new Map<string, { readonly pool: pg.Pool; users: number }>();

/** Makes the context's role and schema where they are missing, and brings its tables up to date. Replicas may race. */
export async function prepareDatabase(options: DatabaseOptions): Promise<void> {
  const { context, url } = options;
  const shared = looking.get(url) ?? { pool: lookout(url), users: 0 };
  looking.set(url, shared);
  shared.users++;
  try {
    const client = await shared.pool.connect();
    try {
      await makeSchema(client, context);
      if (!(await hasPendingMigrations(client, options))) return;
    } finally {
      client.release();
    }
  } finally {
    if (--shared.users === 0) {
      looking.delete(url);
      void shared.pool.end();
    }
  }
  await migrate(options);
}

function lookout(url: string): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: 1, application_name: 'cleave' });
  return pool.on('error', () => undefined); // the failed query tells; without this the process ends
}

/** @throws Error with the SQL for a DBA where the login may not make the role or the schema itself */
async function makeSchema(client: pg.ClientBase, context: string, attempt = 1): Promise<void> {
  const look = async (): Promise<Home> => {
    const { rows } = await client.query<Home>(
      `select to_regrole($1) is not null as role, to_regnamespace($2) is not null as schema,
        to_regrole($1) is not null and pg_has_role(current_user, to_regrole($1), 'set') as member, current_user as login`,
      [roleOf(context), schemaOf(context)],
    );
    return rows[0]!;
  };
  const before = await look();
  if (missingOf(context, before).length === 0) return;
  try {
    await client.query('begin');
    await client.query(`select pg_advisory_xact_lock(hashtext('cleave roles'))`);
    for (const statement of missingOf(context, await look())) await client.query(statement);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    if (attempt < 10 && isRace(error)) return makeSchema(client, context, attempt + 1);
    const statements = missingOf(context, before).map((statement) => `${statement};`);
    throw new Error(
      `"${before.login}" may not make the role and the schema of "${context}" (${errorText(error)}). Let a DBA run:\n${statements.join('\n')}`,
      { cause: error },
    );
  }
}

/**
 * Roles are the server's and the lock is a database's: a boot on another database may make or grant the same role at the
 * same moment (duplicate object or schema, unique violation, tuple concurrently updated). Looked at again, it is there.
 */
const isRace = (error: unknown): boolean =>
  ['42710', '42P06', '23505', 'XX000'].includes(String((error as { code?: string }).code));

async function hasPendingMigrations(client: pg.ClientBase, { context, migrations }: DatabaseOptions): Promise<boolean> {
  const table = `${schemaOf(context)}.migrations`;
  const { rows } = await client.query<{ found: boolean }>('select to_regclass($1) is not null as found', [table]);
  if (!rows[0]!.found) return true;
  const done = new Set(
    (await client.query<{ name: string }>(`select name from ${table}`)).rows.map(({ name }) => name),
  );
  return migrations.some((type) => !done.has(new type().name ?? type.name));
}

async function migrate(options: DatabaseOptions): Promise<void> {
  const source = new DataSource(migratorOptions(options));
  await source.initialize();
  const lock = source.createQueryRunner();
  try {
    await lock.startTransaction();
    // A lock of the transaction, not of the session: it also holds behind PgBouncer.
    await lock.query(`select pg_advisory_xact_lock(hashtext($1))`, [`cleave migrate ${options.context}`]);
    const ran = await source.runMigrations({ transaction: 'each' });
    if (ran.length > 0) logger.log(`"${options.context}" migrated: ${ran.map(({ name }) => name).join(', ')}`);
    await lock.commitTransaction();
  } finally {
    await lock.release();
    await source.destroy();
  }
}
