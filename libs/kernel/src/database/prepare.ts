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

/**
 * Makes the context's role and schema where they are missing. Replicas may race.
 * @throws Error with the SQL for a DBA where the login may not do it itself
 */
export async function prepareSchema({ context, url }: DatabaseOptions): Promise<void> {
  const client = new pg.Client({ connectionString: url, application_name: `cleave ${context}` });
  await client.connect();
  try {
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
  } finally {
    await client.end();
  }
}

/** Which of the context's migrations have not run. */
export async function pendingMigrations(options: DatabaseOptions): Promise<string[]> {
  const client = new pg.Client({ connectionString: options.url });
  await client.connect();
  try {
    const { rows: found } = await client.query(`select to_regclass($1) is not null as found`, [`${schemaOf(options.context)}.migrations`]);
    const done = (found[0] as { found: boolean }).found
      ? (await client.query<{ name: string }>(`select name from ${schemaOf(options.context)}.migrations`)).rows.map(({ name }) => name)
      : [];
    return options.migrations.map((type) => nameOf(type)).filter((name) => !done.includes(name));
  } finally {
    await client.end();
  }
}

/** Runs the context's pending migrations, under a lock: replicas may race. */
export async function migrate(options: DatabaseOptions): Promise<void> {
  if ((await pendingMigrations(options)).length === 0) return;
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

const nameOf = (type: DatabaseOptions['migrations'][number]): string => new type().name ?? type.name;
