import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { except } from '../files.js';
import { withStartLock } from '../start-lock.js';
import { type Binaries, OR_DATABASE_URL, rootOf } from './binaries.js';
import { Cluster, RELOCATED } from './cluster.js';

type User = NonNullable<Binaries['user']>;
type Log = (line: string) => void;

const execute = promisify(execFile);
const COPY_WITHIN_MS = 60_000;

/**
 * PostgreSQL refuses to run as root. What its user cannot reach, because a directory above is closed to others (as
 * /root is), is put below /var/lib/cleave: the cluster, and a copy of the binaries.
 */
export async function withoutRoot(found: Cluster, installed: Binaries, log: Log): Promise<[Cluster, Binaries]> {
  const user = await serverUser(found.path);
  const binaries = (await canReach(user, installed.postgres)) ? installed : await copyBinaries(installed, log);
  const cluster = (await canReach(user, found.home)) ? found : await relocate(found, log);
  const left = join(cluster.dataDir, 'postgres');
  if (left !== cluster.path && existsSync(left)) await rename(left, cluster.path);
  // Root may have copied or restored it.
  if (existsSync(cluster.path)) await execute('chown', ['-Rh', `${user.uid}:${user.gid}`, cluster.path]);
  return [cluster, { ...binaries, user }];
}

/** The owner of an existing cluster, who may be a developer who now uses sudo; else the user `postgres`. */
async function serverUser(cluster: string): Promise<User> {
  const owner = await stat(cluster).catch(except('ENOENT'));
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  await execute('id', ['postgres']).catch(createPostgresUser);
  const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => execute('id', [flag, 'postgres'])));
  return { uid: Number(uid?.stdout), gid: Number(gid?.stdout) };
}

async function createPostgresUser(): Promise<void> {
  await execute('useradd', ['--system', '--no-create-home', '--user-group', 'postgres']).catch((error: Error) => {
    const advice = `Create it with "useradd --system postgres", run as another user, ${OR_DATABASE_URL}.`;
    throw new Error(`PostgreSQL does not run as root, nor could its user be created (${error.message}). ${advice}`);
  });
}

/** Whether the mode bits let `user` pass every directory above `path`, and use `path` itself. */
async function canReach(user: User, path: string): Promise<boolean> {
  for (let at = await realpath(path); ; at = dirname(at)) {
    const { uid, gid, mode } = await stat(at);
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

/** One copy of each version, which all data directories share. */
async function copyBinaries(installed: Binaries, log: Log): Promise<Binaries> {
  const from = rootOf(installed.postgres);
  const { version } = JSON.parse(await readFile(join(from, '../package.json'), 'utf8')) as { version: string };
  const root = join(dirname(RELOCATED), `postgres-${version}`);
  await makeOpen(dirname(root));
  await withStartLock(`${root}.lock`, COPY_WITHIN_MS, async () => {
    if (existsSync(root)) return;
    log(`The user who runs PostgreSQL cannot reach ${from}: copying it to ${root}.`);
    const draft = `${root}.new`;
    await rm(draft, { recursive: true, force: true });
    await cp(from, draft, { recursive: true, verbatimSymlinks: true });
    await execute('chmod', ['-R', 'a+rX', draft]);
    await rename(draft, root);
  });
  return { initdb: join(root, 'bin/initdb'), postgres: join(root, 'bin/postgres') };
}

/** The name is new each time: what a data directory of the same path left behind is nobody's to remove but its owner's. */
async function relocate({ dataDir, password }: Cluster, log: Log): Promise<Cluster> {
  const home = join(RELOCATED, randomBytes(8).toString('hex'));
  for (const directory of [dirname(RELOCATED), RELOCATED, home]) await makeOpen(directory);
  const cluster = new Cluster(dataDir, home, password);
  const why = `The user who runs PostgreSQL cannot reach ${dataDir}: its database is in`;
  await writeFile(join(home, 'README'), `The database of ${dataDir}.\n`);
  await writeFile(cluster.locationFile, `${why}\n${home}\n`, { flush: true });
  log(`${why} ${home}.`);
  return cluster;
}

/** Open to pass through, whatever the umask. */
async function makeOpen(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await chmod(directory, 0o755);
}
