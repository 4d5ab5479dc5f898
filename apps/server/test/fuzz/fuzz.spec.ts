import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '#kernel/testing';
import { RunningServer } from '../running-server.js';
import { Shop } from '../shop.js';
import { findPython, fuzz, schemathesis } from './schemathesis.js';

const seed = process.env['CLEAVE_FUZZ_SEED'] ?? '42';
const examples = process.env['CLEAVE_FUZZ_EXAMPLES'] ?? '6';

/** The command, or why there is none. With CI=true there must be one. */
async function installed(): Promise<{ command: string } | { missing: string }> {
  const python = await findPython();
  if (!python)
    return { missing: 'it needs Python ≥ 3.11 with venv, on Debian and Ubuntu: apt-get install python3-venv' };
  try {
    return { command: await schemathesis(python) };
  } catch (error) {
    return { missing: `it needs PyPI once, for apps/server/test/fuzz/requirements.txt: ${String(error)}` };
  }
}

const tool = await installed();
const missing = 'missing' in tool;
if (missing) {
  if (process.env['CI'] === 'true') throw new Error(`The API cannot be fuzzed: ${tool.missing}`);
  appendFileSync(
    join(process.env['CLEAVE_TEST_DIR']!, 'left-out'),
    `The fuzz of the API (apps/server/test/fuzz): ${tool.missing}\n`,
  );
}

(missing ? describe.skip : describe)(`the API, tried by its own document (CLEAVE_FUZZ_SEED=${seed})`, () => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await RunningServer.start({ env: { RATE_LIMIT: 'off' } });
    await until(() => server.output.includes('Cleave is ready.'), 'the demo catalogue is in', 60);
  }, 120_000);
  afterAll(() => server.stop());

  it.each<[string, (shop: Shop) => Promise<Record<string, string>>]>([
    ['nobody', async () => ({})],
    ['the admin', (shop) => shop.admin()],
  ])(
    'answers %s as it says, whatever is asked',
    async (_, logIn) => {
      const headers = await logIn(new Shop(server));
      const { command } = tool as { command: string };
      const { passed, report } = await fuzz(command, { url: server.url, dir: server.dataDir, headers, seed, examples });
      if (!passed) throw new Error(`${report}\n${server.output.slice(-8_000)}`);
      expect(report).toMatch(/[1-9]\d* generated, [1-9]\d* passed/);
    },
    600_000,
  );
});
