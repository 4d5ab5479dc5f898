import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '#kernel/local';

let server: Promise<string> | undefined;

/** The URL of the test run's database server: `TEST_DATABASE_URL`, or an embedded one that all suites share. */
export async function testServer(): Promise<string> {
  return process.env['TEST_DATABASE_URL'] || (server ??= embedded());
}

async function embedded(): Promise<string> {
  const { url } = await startEmbeddedPostgres({
    dataDir: process.env['CLEAVE_TEST_DIR'] ?? join(tmpdir(), 'cleave-test'),
    log: () => undefined,
    settings: { synchronous_commit: 'off', shared_preload_libraries: 'pg_stat_statements' },
  });
  return url;
}

/** A new, empty database for one suite. Roles are the server's, schemas the database's: suites do not meet. */
export async function testDatabase(): Promise<{ url: string; drop: () => Promise<void> }> {
  const server = await testServer();
  const name = `test_${randomBytes(6).toString('hex')}`;
  await run(server, `create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => run(server, `drop database ${name} with (force)`) };
}

async function run(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
