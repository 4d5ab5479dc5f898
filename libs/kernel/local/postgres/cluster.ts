import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdtemp, readdir, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readIfPresent } from '../files.js';
import { type Binaries, spawnOptions } from './binaries.js';

/** PostgreSQL's word for the databases of one server, and for the directory that holds them. */
export class Cluster {
  readonly path: string;
  readonly logFile: string;
  /** Says where `home` is, if it is not `dataDir`. */
  readonly locationFile: string;

  /** `home` has the cluster: `dataDir`, or a directory in RELOCATED where the server's user cannot reach that. */
  constructor(
    readonly dataDir: string,
    readonly home: string,
    readonly password: string,
  ) {
    this.path = join(home, 'postgres');
    this.logFile = join(dataDir, 'postgres.log');
    this.locationFile = join(dataDir, 'postgres.location');
  }

  url(port: number, database: string): string {
    return `postgres://postgres:${this.password}@127.0.0.1:${port}/${database}`;
  }
}

export const RELOCATED = '/var/lib/cleave/data';
const DRAFT = 'postgres.new-';
/** What the operating system takes for a letter, by preference; `C` always exists. */
const CHARACTER_TYPES = ['C.UTF-8', 'en_US.UTF-8', 'C'];

/** Where an earlier start left the cluster, or where a first one would like to have it. */
export async function findCluster(directory: string): Promise<Cluster> {
  const dataDir = await realpath(directory);
  const advice = `Put it back, or remove ${dataDir} to begin with an empty database.`;
  const note = await readIfPresent(join(dataDir, 'postgres.location'));
  // Only this shape of path: root is going to trust it.
  const home = note === undefined ? dataDir : (/^\/var\/lib\/cleave\/data\/[0-9a-f]{16}$/m.exec(note)?.[0] ?? '');
  if (!existsSync(home)) throw new Error(`postgres.location names a directory that is missing: ${home}. ${advice}`);
  return new Cluster(dataDir, home, await passwordOf(dataDir, home));
}

/** A cluster whose password is lost is not touched: only its owner knows whether it matters. */
async function passwordOf(dataDir: string, home: string): Promise<string> {
  const file = join(dataDir, 'postgres.password');
  const known = (await readIfPresent(file))?.trim();
  if (known) return known;
  if (existsSync(join(home, 'postgres'))) {
    const advice = `Put that file back, or remove ${dataDir} to begin with an empty database.`;
    throw new Error(`${home} holds a database, but its password is missing from ${file}. ${advice}`);
  }
  const password = randomBytes(24).toString('base64url');
  // Flushed, because the cluster will be: after a power failure neither is of use without the other.
  await writeFile(file, `${password}\n`, { mode: 0o600, flush: true });
  return password;
}

/**
 * Made aside and renamed when complete and synced, so that a start which is killed leaves no half of a cluster. The
 * name is new each time: the initdb of a killed start may still be writing.
 */
export async function createCluster({ home, path, password }: Cluster, binaries: Binaries): Promise<void> {
  const draft = await mkdtemp(join(home, DRAFT));
  try {
    const secret = join(draft, 'password');
    await writeFile(secret, password);
    const { user } = binaries;
    if (user) for (const file of [draft, secret]) await chown(file, user.uid, user.gid);
    await initialize(draft, secret, binaries);
    await rename(join(draft, 'postgres'), path);
  } finally {
    const drafts = (await readdir(home)).filter((name) => name.startsWith(DRAFT));
    for (const name of drafts) await rm(join(home, name), { recursive: true, force: true, maxRetries: 5 });
  }
}

async function initialize(draft: string, secret: string, binaries: Binaries): Promise<void> {
  const args = ['-D', join(draft, 'postgres'), '--username=postgres', `--pwfile=${secret}`, '--auth=scram-sha-256'];
  // Sorting and casing by the built-in provider: the same on every machine. pg_trgm and others still ask the operating
  // system what a letter is, and under `C` would drop all that are not ASCII.
  args.push('--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8');
  for (const type of CHARACTER_TYPES) {
    try {
      await promisify(execFile)(binaries.initdb, [...args, `--lc-ctype=${type}`], spawnOptions(binaries));
      return;
    } catch (error) {
      if (type === 'C' || !(error as Error).message.includes('invalid locale name')) throw error;
    }
  }
}
