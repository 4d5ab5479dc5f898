import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One database server for the whole run, started by the first suite that wants it (libs/kernel/src/testing). */
export default async function setup() {
  process.env.CLEAVE_TEST_DIR = await mkdtemp(join(tmpdir(), 'cleave-test-'));
  await chmod(process.env.CLEAVE_TEST_DIR, 0o755); // as root the server runs as another user, who must reach it
}
