import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** raw-shop.ts as a process of its own, on the database at `databaseUrl`. */
export async function startRaw(
  databaseUrl: string,
  cleanup: AsyncDisposableStack,
): Promise<{ pid: number; url: string }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'raw-shop.js')], {
    env: { ...process.env, DATABASE_URL: databaseUrl },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  cleanup.defer(async () => {
    child.kill();
    await exit;
  });
  const [url] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { pid: child.pid!, url };
}
