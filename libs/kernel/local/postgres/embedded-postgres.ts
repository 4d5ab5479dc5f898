import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { codeOf, readIfPresent } from '../files.js';
import { withStartLock } from '../start-lock.js';
import { installedBinaries } from './binaries.js';
import { type Cluster, createCluster, findCluster } from './cluster.js';
import { makeDataDirectory } from './data-directory.js';
import { launch } from './launch.js';
import { awaitServer, type Postmaster, START_WITHIN_MS, stopServer } from './postmaster.js';
import { withoutRoot } from './superuser.js';

/** A PostgreSQL server of our own. It outlives this process unless `stop` is called. */
export interface EmbeddedPostgres {
  /** Superuser connection to the database `cleave`, on 127.0.0.1 and without TLS. */
  url: string;
  /** Process id of the postmaster. */
  pid: number;
  /** TCP port; the next start takes the same one again if it is free. */
  port: number;
  /** True if the server was already running, left behind or shared by another process. */
  adopted: boolean;
  /**
   * Fast shutdown: open transactions are rolled back, everyone's connections end, also those of other processes that
   * share the server. Resolves when the server has exited, also if it had done so before; rejects if it refuses to.
   */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** Holds the cluster (`postgres/`), the server's log, its password and the start lock. Created if missing. */
  dataDir: string;
  /** Gets one sentence, without a line break, for each thing an operator may want to know. */
  log: (line: string) => void;
  /** Server settings by their names in postgresql.conf. They apply to a server started here, not to an adopted one. */
  settings?: Record<string, string>;
}

/**
 * Starts the PostgreSQL server that npm installed, or adopts the one that already runs on `dataDir`, and makes sure
 * the database `cleave` exists. The first start creates the cluster (about 1.5 s), later ones take some 0.1 s.
 *
 * The server runs in a session of its own, so neither Ctrl-C nor the death of this process takes it down before its
 * clients have drained. Of several processes that start on one `dataDir` at once, one launches, the others adopt.
 *
 * As root, which PostgreSQL refuses, the server runs as the owner of an existing cluster or else as the user
 * `postgres`; what that user cannot reach (a clone below /root) is put under /var/lib/cleave.
 *
 * Rejects with a sentence that says what is wrong and what to do about it.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = resolve(options.dataDir);
  try {
    await makeDataDirectory(dataDir);
    return await withStartLock(join(dataDir, 'postgres.lock'), 1.5 * START_WITHIN_MS, () => adoptOrLaunch(options));
  } catch (error) {
    if (!['EACCES', 'EPERM', 'EROFS', 'ENOTDIR'].includes(String(codeOf(error)))) throw error;
    throw new Error(
      `The data directory ${dataDir} cannot be used (${(error as Error).message}). It may have been made by another ` +
        `user, such as root: start as that user, change its owner, or choose another directory.`,
      { cause: error },
    );
  }
}

/** Whether this URL means the embedded server of this data directory: by its password, which nobody else has. */
export async function isEmbedded(dataDir: string, url: string): Promise<boolean> {
  const password = (await readIfPresent(join(dataDir, 'postgres.password')))?.trim();
  return password !== undefined && URL.canParse(url) && new URL(url).password === password;
}

async function adoptOrLaunch({ dataDir, log, settings = {} }: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const found = await findCluster(dataDir);
  const running = await awaitServer(found);
  if (running) {
    log(`Adopted the PostgreSQL server that runs on ${found.path} (pid ${running.pid}).`);
    return handle(found, running, true);
  }
  const installed = await installedBinaries();
  const isRoot = process.getuid?.() === 0;
  const [cluster, binaries] = isRoot ? await withoutRoot(found, installed, log) : [found, installed];
  if (!existsSync(cluster.path)) {
    log(`Creating a PostgreSQL cluster in ${cluster.path}.`);
    await createCluster(cluster, binaries);
  }
  return handle(cluster, await launch(cluster, binaries, settings), false);
}

function handle(cluster: Cluster, { pid, port }: Postmaster, adopted: boolean): EmbeddedPostgres {
  return { url: cluster.url(port, 'cleave'), pid, port, adopted, stop: () => stopServer(cluster, pid) };
}
