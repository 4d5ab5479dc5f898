import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../embedded-postgres.js';

/** What `cleanUp` removes. */
export const created: string[] = [];
const started: EmbeddedPostgres[] = [];

/** As root, PostgreSQL runs as another user, who has to get into the directory. */
export async function temporaryDirectory(mode = 0o755): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'embedded-postgres-'));
  created.push(directory);
  await chmod(directory, mode);
  return directory;
}

export async function start(dataDir: string, lines: string[] = []): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, log: (line) => lines.push(line) });
  started.push(server);
  return server;
}

export async function query(url: string, sql: string): Promise<unknown[][]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<unknown[]>({ text: sql, rowMode: 'array' })).rows;
  } finally {
    await client.end();
  }
}

/** Stops all that were started and removes their directories. */
export async function cleanUp(): Promise<void> {
  await Promise.all(started.map((server) => server.stop()));
  await Promise.all(created.map((directory) => rm(directory, { recursive: true })));
}
