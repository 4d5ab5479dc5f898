import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '#kernel/local';

/** Of every server that a benchmark starts. */
export const administrator = { email: 'owner@shop.example', password: 'twelve warm blankets' };

export interface SpawnedServer {
  readonly url: string;
  readonly pid: number;
  readonly hasEnded: () => boolean;
  /** In good order: its test provider and its database, if it started them, stop too. */
  readonly stop: () => Promise<void>;
}

/** The compiled server as a process of its own, on a free port. It need not answer yet. */
export async function spawnServer(
  dataDir: string,
  environment: Record<string, string>,
  cleanup: AsyncDisposableStack,
  args: readonly string[] = [],
): Promise<SpawnedServer> {
  const port = await freePort();
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../server/src/main.js'), ...args], {
    env: {
      PATH: process.env['PATH'],
      PORT: String(port),
      CLEAVE_DATA_DIR: dataDir,
      LOG_LEVEL: 'warn',
      RATE_LIMIT: 'off',
      IDENTITY_ADMIN_EMAIL: administrator.email,
      IDENTITY_ADMIN_PASSWORD: administrator.password,
      ...environment,
    },
    cwd: dataDir,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exit = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGTERM');
    await exit;
  };
  cleanup.defer(stop);
  return { url: `http://127.0.0.1:${port}`, pid: child.pid!, hasEnded: () => child.exitCode !== null, stop };
}

/** A folder that is gone after the benchmark; as root the database runs as another user, who must get in. */
export async function temporaryFolder(cleanup: AsyncDisposableStack): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'cleave-bench-'));
  cleanup.defer(() => rm(path, { recursive: true, force: true }));
  await chmod(path, 0o755);
  return path;
}
