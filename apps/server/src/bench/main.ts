import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '#kernel/postgres';
import { calls } from './calls.js';
import { checkout } from './checkout.js';
import { events } from './events.js';
import { type Line, table } from './measure.js';
import { reads } from './reads.js';

/** `npm run bench -- [calls] [events] [reads] [checkout]`: all by default. docs/reference/performance.md says what they measure. */
const benchmarks: Readonly<Record<string, (cleanup: AsyncDisposableStack, postmaster: number) => Promise<Line[]>>> = {
  calls,
  events,
  reads,
  checkout,
};

const selected = process.argv.slice(2);
const unknown = selected.filter((name) => !(name in benchmarks));
if (unknown.length > 0) {
  process.stderr.write(
    `There is no benchmark ${unknown.join(', ')}; there are ${Object.keys(benchmarks).join(', ')}.\n`,
  );
  process.exit(2);
}

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
  const dataDir = await mkdtemp(join(tmpdir(), 'cleave-bench-'));
  cleanup.defer(() => rm(dataDir, { recursive: true, force: true }));
  await chmod(dataDir, 0o755); // as root the database runs as another user
  const settings = { shared_preload_libraries: 'pg_stat_statements' };
  const postgres = await startEmbeddedPostgres({ dataDir, log: () => undefined, settings });
  cleanup.defer(() => postgres.stop());
  process.env['TEST_DATABASE_URL'] = postgres.url; // testDatabase() makes its databases there

  const lines: Line[] = [];
  for (const [name, run] of Object.entries(benchmarks)) {
    if (selected.length > 0 && !selected.includes(name)) continue;
    process.stderr.write(`${name} …\n`);
    const own = cleanup.use(new AsyncDisposableStack());
    lines.push(...(await run(own, postgres.pid)));
    await own.disposeAsync();
  }
  process.stdout.write(`${table(lines)}\n`);
} finally {
  await clean();
}
