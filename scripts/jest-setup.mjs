import { spawn } from 'node:child_process';
import { appendFile, chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { leftOut, missingBrokers } from './equipment.mjs';

/**
 * One database server for the whole run, started by the first suite that wants it (libs/kernel/testing). Where a
 * broker is missing, what needs it leaves itself out (`isMissing`), and the end of the run says so.
 */
export default async function setup() {
  process.env.CLEAVE_TEST_DIR = await mkdtemp(join(tmpdir(), 'cleave-test-'));
  await chmod(process.env.CLEAVE_TEST_DIR, 0o755); // as root the server runs as another user, who must reach it
  const end = spawn(process.execPath, [join(import.meta.dirname, 'jest-end.mjs')], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  end.unref();
  end.stdin.unref();
  process.env.CLEAVE_TEST_WITHOUT = missingBrokers().join(',');
  const missing = leftOut();
  if (missing) await appendFile(join(process.env.CLEAVE_TEST_DIR, 'left-out'), `${missing}\n`);
}
