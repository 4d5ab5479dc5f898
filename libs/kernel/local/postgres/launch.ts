import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { except, readIfPresent } from '../files.js';
import { freePort } from '../free-port.js';
import { type Binaries, spawnOptions } from './binaries.js';
import type { Cluster } from './cluster.js';
import { awaitServer, type Postmaster, START_WITHIN_MS } from './postmaster.js';

type Settings = Record<string, string>;

/** Lost races mend themselves: for the port, or with backends of a killed server that still exit. */
const PASSING = /could not create any TCP\/IP sockets|pre-existing shared memory block/;
/** The pid file of a killed server names a process that is not this cluster's, but PostgreSQL cannot know. */
const FOREIGN_PID = /lock file "postmaster\.pid" already exists/;

/** Starts a server where none runs. Rejects with what PostgreSQL said if it does not start. */
export async function launch(cluster: Cluster, binaries: Binaries, settings: Settings): Promise<Postmaster> {
  const { path, logFile } = cluster;
  const deadline = performance.now() + START_WITHIN_MS;
  for (; ; await sleep(15)) {
    const logged = (await stat(logFile).catch(except('ENOENT')))?.size ?? 0;
    const child = await spawnServer(cluster, binaries, settings);
    const server = await awaitServer(cluster, child);
    if (server) return server;
    const said = (await readFile(logFile)).subarray(logged).toString().trim();
    // Should that server live after all, its shared memory still keeps a second one out.
    if (FOREIGN_PID.test(said)) await rm(join(path, 'postmaster.pid'), { force: true });
    else if (!PASSING.test(said) || performance.now() > deadline) {
      const end = child.signalCode ?? `code ${child.exitCode}`;
      throw new Error(`PostgreSQL ended with ${end} instead of starting on ${path}. It said:\n${said.slice(-2000)}`);
    }
  }
}

/**
 * A failing statement's line holds the row that failed, the statement, its parameters, or, as in `invalid input syntax for
 * type uuid: "…"`, a value: names, addresses, hashes. Whoever sent it is told all of that, and logs what is safe of it; the
 * server's log tells of the server.
 */
const NO_VALUES = {
  log_min_messages: 'log', // above an error of a statement: LOG, FATAL, PANIC
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
  log_parameter_max_length_on_error: '0',
  log_parameter_max_length: '0',
};

/** In a session of its own, so that neither Ctrl-C nor the end of this process reaches it. */
async function spawnServer(cluster: Cluster, binaries: Binaries, settings: Settings): Promise<ChildProcess> {
  // Two processes with a small pool per bounded context exceed PostgreSQL's own default of 100 connections.
  const all = {
    max_connections: '400',
    ...NO_VALUES,
    ...settings,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
  };
  const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  // `isPostmaster` looks for `-D`, the path, and a space.
  const args = ['-D', cluster.path, '-p', String(await choosePort(cluster)), ...flags];
  // The descriptor is inherited, so the server needs no right to the log's directory.
  const log = await open(cluster.logFile, 'a', 0o600);
  try {
    const stdio = ['ignore' as const, log.fd, log.fd];
    const child = spawn(binaries.postgres, args, { ...spawnOptions(binaries), detached: true, stdio });
    await once(child, 'spawn');
    child.unref();
    return child;
  } finally {
    await log.close();
  }
}

/** The port of last time if it is free, so that clients which know the old URL find a restarted server again. */
async function choosePort({ path }: Cluster): Promise<number> {
  const lastCommand = await readIfPresent(join(path, 'postmaster.opts'));
  const lastPort = /"-p" "(\d+)"/.exec(lastCommand ?? '')?.[1];
  return freePort(lastPort === undefined ? undefined : Number(lastPort));
}
