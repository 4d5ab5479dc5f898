import { chmod, mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/**
 * Makes a data directory, and those above it, where they are missing. What is in it is closed to other users by the umask of
 * its processes. As root the directory itself can be passed through, not listed: PostgreSQL runs as another user, and its
 * folder is in there. A directory that exists keeps its mode.
 */
export async function makeDataDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined || process.getuid?.() !== 0) return;
  for (let at = resolve(path); ; at = dirname(at)) {
    await chmod(at, 0o711);
    if (at === resolve(first)) return;
  }
}
