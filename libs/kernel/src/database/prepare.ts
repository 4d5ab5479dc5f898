import { Logger } from '@nestjs/common';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { type DatabaseOptions, migratorOptions, roleOf, schemaOf } from './data-source.js';

const logger = new Logger('Database');

/** The SQL by which a DBA makes a context's role and schema where the login of the URL may not. */
export function preparationSql(context: string, login: string): string {
  const role = roleOf(context);
  return [
    `create role ${role} nologin;`,
    `grant ${role} to ${pg.escapeIdentifier(login)};`,
    `create schema ${schemaOf(context)} authorization ${role};`,
  ].join('\n');
}

/** Makes the context's role and schema where they are missing, and brings its tables up to date. Replicas may race. */
export async function prepareDatabase(options: DatabaseOptions): Promise<void> {
  const client = new pg.Client({ connectionString: options.url, application_name: `cleave ${options.context}` });
  await client.connect();
  try {
    await makeSchema(client, options.context);
    if (!(await hasPendingMigrations(client, options))) return;
  } finally {
    await client.end();
  }
  await migrate(options);
}

/** @throws Error with the SQL for a DBA where the login may not make the role or the schema itself */
async function makeSchema(client: pg.Client, context: string): Promise<void> {
  const role = roleOf(context);
  const schema = schemaOf(context);
  const state = async () => {
    const { rows } = await client.query<{ role: boolean; schema: boolean; member: boolean; login: string }>(
      `select to_regrole($1) is not null as role, to_regnamespace($2) is not null as schema,
        to_regrole($1) is not null and pg_has_role(current_user, to_regrole($1), 'set') as member, current_user as login`,
      [role, schema],
    );
    return rows[0]!;
  };
  const before = await state();
  if (before.role && before.schema && before.member) return;
  try {
    await client.query('begin');
    await client.query(`select pg_advisory_xact_lock(hashtext('cleave roles'))`);
    const { role: hasRole, schema: hasSchema, member, login } = await state();
    if (!hasRole) await client.query(`create role ${role} nologin`);
    if (!hasRole || !member) await client.query(`grant ${role} to ${pg.escapeIdentifier(login)}`);
    if (!hasSchema) await client.query(`create schema ${schema} authorization ${role}`);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw new Error(
      `"${before.login}" may not make the role and the schema of "${context}" (${String(error)}). Let a DBA run:\n${preparationSql(context, before.login)}`,
      { cause: error },
    );
  }
}

async function hasPendingMigrations(client: pg.Client, { context, migrations }: DatabaseOptions): Promise<boolean> {
  const table = `${schemaOf(context)}.migrations`;
  const { rows } = await client.query<{ found: boolean }>('select to_regclass($1) is not null as found', [table]);
  if (!rows[0]!.found) return true;
  const done = new Set((await client.query<{ name: string }>(`select name from ${table}`)).rows.map(({ name }) => name));
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
