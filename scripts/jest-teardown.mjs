import { existsSync, globSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

export default async function teardown() {
  const dir = process.env.CLEAVE_TEST_DIR;
  await stopShared(dir);
  const pidFile = join(dir, 'postgres', 'postmaster.pid');
  if (existsSync(pidFile)) {
    process.kill(Number.parseInt(readFileSync(pidFile, 'utf8'), 10), 'SIGINT');
    await until(() => !existsSync(pidFile), 10_000);
  }
  const leftOut = join(dir, 'left-out');
  if (existsSync(leftOut)) process.stdout.write(`\nLeft out:\n${readFileSync(leftOut, 'utf8')}`);
  await rm(dir, { recursive: true, force: true });
}

/** The shops that files shared (RunningServer.shared). */
async function stopShared(dir) {
  const pids = globSync(join(dir, '*.shared.json')).map((file) => JSON.parse(readFileSync(file, 'utf8')).pid);
  if (pids.length === 0) return;
  const { isAlive } = await import('../dist/libs/kernel/local/process-identity.js');
  for (const pid of pids) if (await isAlive(pid)) process.kill(pid, 'SIGINT');
  for (const pid of pids) await until(async () => !(await isAlive(pid)), 30_000);
}

async function until(done, timeout) {
  for (let waited = 0; !(await done()) && waited < timeout; waited += 20) await pause(20);
}
