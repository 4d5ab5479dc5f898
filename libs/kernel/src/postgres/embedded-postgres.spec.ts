import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.js';

const isRoot = process.getuid?.() === 0;
const created: string[] = [];
const started: EmbeddedPostgres[] = [];
const children: ChildProcess[] = [];

/** As root, PostgreSQL runs as another user, who has to get into the directory. */
async function temporaryDirectory(mode = 0o755): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'embedded-postgres-'));
  created.push(directory);
  await chmod(directory, mode);
  return directory;
}

async function start(dataDir: string, lines: string[] = []): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, log: (line) => lines.push(line) });
  started.push(server);
  return server;
}

async function query(url: string, sql: string): Promise<unknown[][]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<unknown[]>({ text: sql, rowMode: 'array' })).rows;
  } finally {
    await client.end();
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** A process of its own that starts the server, prints its handle as JSON, and stays until it is killed. */
function startInChild(dataDir: string): { child: ChildProcess; server: Promise<EmbeddedPostgres> } {
  const script = `
    const { startEmbeddedPostgres } = await import(process.argv[1]);
    const server = await startEmbeddedPostgres({ dataDir: process.argv[2], log: () => undefined });
    console.log(JSON.stringify(server));
    setInterval(() => undefined, 60_000);`;
  const module = join(import.meta.dirname, '../../../../dist/libs/kernel/src/postgres/embedded-postgres.js');
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, module, dataDir], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const server = once(createInterface(child.stdout), 'line').then(([line]) => JSON.parse(line) as EmbeddedPostgres);
  return { child, server };
}

/** Kills the whole process group, as Ctrl-C and a closed terminal reach all of it. */
async function killGroup(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  process.kill(-(child.pid ?? 0), signal);
  await exited;
}

afterAll(async () => {
  await Promise.all(children.map((child) => killGroup(child, 'SIGKILL')));
  await Promise.all(started.map((server) => server.stop()));
  await Promise.all(created.map((directory) => rm(directory, { recursive: true })));
});

describe('the embedded PostgreSQL server', () => {
  let dataDir: string;
  let first: EmbeddedPostgres;

  beforeAll(async () => {
    dataDir = join(await temporaryDirectory(), 'data');
    first = await start(dataDir);
  });

  it('has the database cleave in UTF-8, room for 400 connections, and listens on the loopback only', async () => {
    expect(first).toMatchObject({ adopted: false, pid: expect.any(Number), port: expect.any(Number) });
    expect(await query(first.url, `SELECT current_database(), length('äö'), lower('ÄÖ')`)).toEqual([
      ['cleave', 2, 'äö'],
    ]);
    const settings = ['server_encoding', 'max_connections', 'listen_addresses', 'unix_socket_directories', 'fsync'];
    const rows = await query(first.url, `SELECT ${settings.map((name) => `current_setting('${name}')`).join()}`);
    expect(rows).toEqual([['UTF8', '400', '127.0.0.1', '', 'on']]);
  });

  it('takes letters that are not ASCII into trigrams', async () => {
    await query(first.url, 'CREATE EXTENSION pg_trgm');
    expect(await query(first.url, `SELECT cardinality(show_trgm('größe'))`)).toEqual([[6]]);
  });

  it('has a password that only its owner can read, and nobody gets in without', async () => {
    expect((await stat(join(dataDir, 'postgres.password'))).mode & 0o777).toBe(0o600);
    await expect(query(first.url.replace(/:[^:@]+@/, ':guess@'), 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  });

  it('stops, keeps its data, and starts on the same port again', async () => {
    await query(first.url, 'CREATE TABLE kept AS SELECT 1 AS value');
    await first.stop();
    expect(isAlive(first.pid)).toBe(false);
    await first.stop();

    const second = await start(dataDir);
    expect(second).toMatchObject({ adopted: false, url: first.url });
    expect(second.pid).not.toBe(first.pid);
    expect(await query(second.url, 'SELECT value FROM kept')).toEqual([[1]]);
  });

  it('is adopted by whoever starts it while it runs', async () => {
    const running = await start(dataDir);
    const again = await start(dataDir);
    expect(again).toMatchObject({ adopted: true, pid: running.pid, url: running.url });
  });

  it('comes back with its data after kill -9', async () => {
    const running = await start(dataDir);
    process.kill(running.pid, 'SIGKILL');
    const next = await start(dataDir);
    expect(next.adopted).toBe(false);
    expect(await query(next.url, 'SELECT value FROM kept')).toEqual([[1]]);
    await next.stop();
  });

  it('outlives the process that started it, by Ctrl-C as by kill -9', async () => {
    const interrupted = startInChild(dataDir);
    const { pid } = await interrupted.server;
    await killGroup(interrupted.child, 'SIGINT');

    const killed = startInChild(dataDir);
    expect(await killed.server).toMatchObject({ adopted: true, pid });
    await killGroup(killed.child, 'SIGKILL');

    const adopted = await start(dataDir);
    expect(adopted).toMatchObject({ adopted: true, pid });
    expect(await query(adopted.url, 'SELECT value FROM kept')).toEqual([[1]]);
  });

  it('is started anew while it still shuts down', async () => {
    const running = await start(dataDir);
    const client = new pg.Client({ connectionString: running.url });
    client.on('error', () => undefined);
    await client.connect();
    const disconnected = new Promise((resolve) => client.once('end', resolve));
    const stopped = running.stop();
    await disconnected;
    const next = await start(dataDir);
    await stopped;
    expect(await query(next.url, 'SELECT value FROM kept')).toEqual([[1]]);
    await next.stop();
  });

  it('is not kept from starting by what a crash left: a recycled pid and the lock of a dead process', async () => {
    const pidFile = `${process.pid}\n${join(dataDir, 'postgres')}\n1\n${first.port}\n\n127.0.0.1\n\nready\n`;
    await writeFile(join(dataDir, 'postgres', 'postmaster.pid'), pidFile);
    // Our own pid, as a restarted container has it again, but started at another time.
    await writeFile(join(dataDir, 'postgres.lock'), process.platform === 'linux' ? `${process.pid} 1` : '4194305');
    const server = await start(dataDir);
    expect(server.adopted).toBe(false);
    await server.stop();
  });

  it('says what PostgreSQL said if it does not start', async () => {
    const settings = { shared_bufers: '1MB' };
    await expect(startEmbeddedPostgres({ dataDir, log: () => undefined, settings })).rejects.toThrow(
      /unrecognized configuration parameter "shared_bufers"/,
    );
  });

  it('asks for the password file rather than touch a database whose password is lost', async () => {
    const file = join(dataDir, 'postgres.password');
    const password = await readFile(file, 'utf8');
    await rm(file);
    await expect(start(dataDir)).rejects.toThrow(/its password is missing from .*postgres\.password\. Put that file/);
    await writeFile(file, password, { mode: 0o600 });
  });
});

describe('two first starts at once', () => {
  it('give one server, in one process as in two', async () => {
    const dataDir = await temporaryDirectory();
    const child = startInChild(dataDir);
    const servers = await Promise.all([start(dataDir), start(dataDir), child.server]);
    await killGroup(child.child, 'SIGKILL');
    expect(new Set(servers.map(({ pid }) => pid)).size).toBe(1);
    expect(servers.filter(({ adopted }) => !adopted)).toHaveLength(1);
  });
});

(isRoot ? describe : describe.skip)('as root, in a directory that is closed to others', () => {
  it('keeps the database where its user reaches it, and says so', async () => {
    const dataDir = join(await temporaryDirectory(0o700), 'data');
    const lines: string[] = [];
    const server = await start(dataDir, lines);
    const note = await readFile(join(dataDir, 'postgres.location'), 'utf8');
    const home = /^\/var\/lib\/cleave\/data\/[0-9a-f]{16}$/m.exec(note)?.[0] ?? '';
    created.push(home);
    expect(lines.join('\n')).toContain(`cannot reach ${dataDir}: its database is in ${home}.`);
    await query(server.url, 'CREATE TABLE kept AS SELECT 1 AS value');
    expect(await query(server.url, 'SHOW data_directory')).toEqual([[join(home, 'postgres')]]);
    await server.stop();

    const again = await start(dataDir);
    expect(await query(again.url, 'SELECT value FROM kept')).toEqual([[1]]);
    expect((await stat(dirname(dataDir))).mode & 0o777).toBe(0o700);
  });
});
