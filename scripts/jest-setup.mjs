import { spawn } from 'node:child_process';
import { appendFile, chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasKafka, hasRedis, leftOut } from './equipment.mjs';

/**
 * One database server for the whole run, started by the first suite that wants it (libs/kernel/src/testing). Where there is
 * no Redis or no Kafka, what needs one leaves itself out (TestRedis.isMissing), and the end of the run says so.
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
  if (!hasRedis()) process.env.CLEAVE_TEST_WITHOUT_REDIS = 'yes';
  if (!hasKafka()) process.env.CLEAVE_TEST_WITHOUT_KAFKA = 'yes';
  const missing = leftOut();
  if (missing) await appendFile(join(process.env.CLEAVE_TEST_DIR, 'left-out'), `${missing}\n`);
}
