// However a run of Jest ends, by -9 too, so do the servers that it started: its end closes what this process reads from.
import { existsSync } from 'node:fs';
import teardown from './jest-teardown.mjs';

process.stdin.resume().once('close', async () => {
  if (existsSync(process.env.CLEAVE_TEST_DIR)) await teardown();
});
