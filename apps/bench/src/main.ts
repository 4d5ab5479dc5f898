import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '#kernel/local';
import { calls } from './calls.js';
import { checkout } from './checkout.js';
import { events } from './events.js';
import { growth } from './growth.js';
import { imports, largeImport } from './imports.js';
import { type Line, table } from './measure.js';
import { reads } from './reads.js';
import { remote } from './remote.js';
import { split, splitKafka } from './split.js';
import { start } from './start.js';

type Benchmark = (cleanup: AsyncDisposableStack, postmaster: number) => Promise<Line[]>;
const usual: Readonly<Record<string, Benchmark>> = {
  calls,
  events,
  remote,
  split,
  'split-kafka': splitKafka,
  reads,
  checkout,
  start,
  import: imports,
};
/** These take many minutes and gigabytes: only where they are named. */
const long: Readonly<Record<string, Benchmark>> = { growth, 'import-large': largeImport };
const benchmarks = { ...usual, ...long };

const usage = `npm run bench -- [name …]

without a name       ${Object.keys(usual).join(', ')}
only where named     ${Object.keys(long).join(', ')}: minutes each, and some gigabytes in ${tmpdir()}

docs/reference/performance.md says what they measure.
`;
const named = process.argv.slice(2);
const unknown = named.filter((name) => !Object.hasOwn(benchmarks, name));
if (unknown.length > 0) {
  const asked = unknown.some((name) => ['help', '--help', '-h'].includes(name));
  process.stderr.write(asked ? usage : `There is no benchmark ${unknown.join(', ')}.\n\n${usage}`);
  process.exit(asked ? 0 : 2);
}
const selected = named.length > 0 ? named : Object.keys(usual);

const cleanup = new AsyncDisposableStack();
let cleaned: Promise<void> | undefined;
const clean = (): Promise<void> => (cleaned ??= cleanup.disposeAsync());
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    process.on('uncaughtException', () => undefined); // what still runs finds its database gone, which must not stop the cleaning
    void clean().finally(() => process.exit(1));
  });
}

try {
  const lines: Line[] = [];
  for (const [name, run] of Object.entries(benchmarks)) {
    if (!selected.includes(name)) continue;
    process.stderr.write(`${name} …\n`);
    const own = cleanup.use(new AsyncDisposableStack());
    // Its own server: what another has left to be vacuumed slows it down.
    const postgres = await startPostgres(own);
    process.env['TEST_DATABASE_URL'] = postgres.url; // testDatabase() makes its databases there
    lines.push(...(await run(own, postgres.pid)));
    await own.disposeAsync();
  }
  process.stdout.write(`${table(lines)}\n`);
} finally {
  await clean();
}

async function startPostgres(own: AsyncDisposableStack): Promise<{ readonly url: string; readonly pid: number }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'cleave-bench-'));
  own.defer(() => rm(dataDir, { recursive: true, force: true }));
  await chmod(dataDir, 0o755); // as root the database runs as another user
  const settings = { shared_preload_libraries: 'pg_stat_statements' };
  const postgres = await startEmbeddedPostgres({ dataDir, log: () => undefined, settings });
  own.defer(() => postgres.stop());
  return postgres;
}
