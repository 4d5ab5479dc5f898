import { randomBytes } from 'node:crypto';
import { link, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { except, readIfPresent } from './files.js';
import { identityOf } from './process-identity.js';

const POLL_MS = 15;

/**
 * Runs `work` while no other process does so under the same lock file, so that of racing starts one launches and the
 * others find what it launched. The file names its holder, so that one who died does not keep it. Rejects if a living
 * holder keeps it for longer than `waitMs`.
 */
export async function withStartLock<T>(lock: string, waitMs: number, work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + waitMs;
  const draft = `${lock}.${process.pid}.${randomBytes(4).toString('hex')}`;
  await writeFile(draft, (await identityOf(process.pid)) ?? '');
  try {
    while (!(await linkIfAbsent(draft, lock))) {
      await evictDeadHolder(lock, `${draft}.dead`);
      if (performance.now() > deadline) {
        const holder = await readIfPresent(lock);
        throw new Error(`Process ${holder} has held ${lock} for too long. If it is not starting, remove that file.`);
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

/** A hard link appears at once with its content, and only if there was none. */
async function linkIfAbsent(from: string, to: string): Promise<boolean> {
  const linked = await link(from, to).then(() => true, except('EEXIST'));
  return linked ?? false;
}

/** Renames before it removes: if the lock changed hands since it was read, the new holder gets it back. */
async function evictDeadHolder(lock: string, aside: string): Promise<void> {
  const holder = await readIfPresent(lock);
  if (holder === undefined || (await isHeldBy(holder))) return;
  await rename(lock, aside).catch(except('ENOENT'));
  const evicted = await readIfPresent(aside);
  if (evicted !== undefined && evicted !== holder) await linkIfAbsent(aside, lock);
  await rm(aside, { force: true });
}

/** A holder named without its start time is taken at its word. */
async function isHeldBy(holder: string): Promise<boolean> {
  const pid = Number.parseInt(holder, 10);
  const identity = pid > 0 ? await identityOf(pid) : undefined;
  return identity !== undefined && [identity, String(pid)].includes(holder);
}
