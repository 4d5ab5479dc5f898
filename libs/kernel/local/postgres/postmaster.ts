import { type ChildProcess, execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { codeOf, except, readIfPresent } from '../files.js';
import type { Cluster } from './cluster.js';

/** The server's first process: it listens, and all others are its children. */
export interface Postmaster {
  pid: number;
  port: number;
}

/** Crash recovery replays the log since the last checkpoint, which can take a while on a slow disk. */
export const START_WITHIN_MS = 60_000;
const POLL_MS = 15;
const STOP_WITHIN_MS = 40_000;

/**
 * The server of this cluster once it takes connections; undefined if none is alive and `launched` has exited. One that
 * is still recovering or shutting down is waited for.
 */
export async function awaitServer(cluster: Cluster, launched?: ChildProcess): Promise<Postmaster | undefined> {
  const deadline = performance.now() + START_WITHIN_MS;
  for (; ; await sleep(POLL_MS)) {
    const postmaster = await livePostmaster(cluster);
    const refusal = postmaster?.isReady ? await refusalOf(cluster, postmaster.port) : 'not ready';
    if (postmaster && refusal === undefined) return postmaster;
    if (!postmaster && !(launched?.exitCode === null && launched.signalCode === null)) return undefined;
    if (performance.now() < deadline) continue;
    throw new Error(
      `The PostgreSQL server on ${cluster.path} (pid ${postmaster?.pid ?? launched?.pid}) takes no connections ` +
        `(${refusal}). Read ${cluster.logFile}, end that process and start again.`,
    );
  }
}

/** Resolves when the server with this pid has exited, also if it had done so before. */
export async function stopServer(cluster: Cluster, pid: number): Promise<void> {
  const deadline = performance.now() + STOP_WITHIN_MS;
  // Fast shutdown. On Windows, which has no signals, it kills, and the next start recovers from the log.
  if (await isPostmaster(pid, cluster)) process.kill(pid, 'SIGINT');
  while (await isPostmaster(pid, cluster)) {
    if (performance.now() > deadline)
      throw new Error(`PostgreSQL (pid ${pid}) does not shut down. Read ${cluster.logFile}, then end that process.`);
    await sleep(POLL_MS);
  }
}

/** What postmaster.pid names, if it lives. After a crash that pid may be free, a zombie, or someone else's by now. */
async function livePostmaster(cluster: Cluster): Promise<(Postmaster & { isReady: boolean }) | undefined> {
  const lines = (await readIfPresent(join(cluster.path, 'postmaster.pid')))?.split('\n') ?? [];
  const pid = Number(lines[0]);
  if (!(pid > 0) || !(await isPostmaster(pid, cluster))) return undefined;
  return { pid, port: Number(lines[3]), isReady: lines[7]?.trim() === 'ready' };
}

/**
 * By command line, as `launch` writes it. Not by /proc/<pid>/cwd, which root in a container without CAP_SYS_PTRACE
 * may not read for a process of another user.
 */
async function isPostmaster(pid: number, { path }: Cluster): Promise<boolean> {
  const command = await commandLine(pid);
  return process.platform === 'win32' ? command.includes('postgres.exe') : command.includes(` -D ${path} `);
}

/** Empty for a process that is gone or a zombie. */
async function commandLine(pid: number): Promise<string> {
  if (process.platform === 'linux') return (await readIfPresent(`/proc/${pid}/cmdline`))?.replaceAll('\0', ' ') ?? '';
  const isWindows = process.platform === 'win32';
  const args = isWindows ? ['/NH', '/FI', `PID eq ${pid}`] : ['-ww', '-o', 'command=', '-p', `${pid}`];
  // `ps` exits with 1 if there is no such process.
  return (await promisify(execFile)(isWindows ? 'tasklist' : 'ps', args).catch(except(1)))?.stdout ?? '';
}

/** Undefined if the server lets us in, and the database `cleave` is there or could be made; else why it does not yet. */
async function refusalOf(cluster: Cluster, port: number): Promise<string | undefined> {
  // `ssl: false`, because PGSSLMODE of the environment means some other server than this one.
  const connectionString = cluster.url(port, 'postgres');
  const client = new pg.Client({ connectionString, ssl: false, connectionTimeoutMillis: 2_000 });
  // A connection that breaks also rejects the pending query; without a listener it would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rowCount } = await client.query(`select from pg_database where datname = 'cleave'`);
    if (rowCount === 0) await client.query('create database cleave');
    return undefined;
  } catch (error) {
    const { message } = error as Error;
    if (codeOf(error) !== '28P01') return message;
    const advice = `Put the right one back, or remove ${cluster.dataDir} to begin with an empty database.`;
    throw new Error(`PostgreSQL on ${cluster.path} does not accept postgres.password. ${advice}`, { cause: error });
  } finally {
    await client.end();
  }
}
