import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

export default async function teardown() {
  const dir = process.env.CLEAVE_TEST_DIR;
  const pidFile = join(dir, 'postgres', 'postmaster.pid');
  if (existsSync(pidFile)) {
    process.kill(Number.parseInt(readFileSync(pidFile, 'utf8'), 10), 'SIGINT');
    for (let waited = 0; existsSync(pidFile) && waited < 10_000; waited += 20) await pause(20);
  }
  const leftOut = join(dir, 'left-out');
  if (existsSync(leftOut)) process.stdout.write(`\nLeft out:\n${readFileSync(leftOut, 'utf8')}`);
  await rm(dir, { recursive: true, force: true });
}
