/** @tag fault-injection */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import type { EmbeddedPostgres } from './embedded-postgres.js';
import { cleanUp, query, start, temporaryDirectory } from './test/embedded.js';

const children: ChildProcess[] = [];

/** A process of its own that starts the server, prints its handle as JSON, and stays until it is killed. */
function startInChild(dataDir: string): { child: ChildProcess; server: Promise<EmbeddedPostgres> } {
  const script = `
    const { startEmbeddedPostgres } = await import(process.argv[1]);
    const server = await startEmbeddedPostgres({ dataDir: process.argv[2], log: () => undefined });
    console.log(JSON.stringify(server));
    setInterval(() => undefined, 60_000);`;
  const module = join(import.meta.dirname, '../../../../dist/libs/kernel/local/postgres/embedded-postgres.js');
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
  await cleanUp();
});

describe('the embedded PostgreSQL server', () => {
  let dataDir: string;
  let first: EmbeddedPostgres;

  /** It is stopped before each test and after it. */
  beforeAll(async () => {
    dataDir = join(await temporaryDirectory(), 'data');
    first = await start(dataDir);
    await query(first.url, 'CREATE TABLE kept AS SELECT 1 AS value');
    await first.stop();
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
    await adopted.stop();
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
