import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { startEmbeddedPostgres } from '#kernel/postgres';
import { testDatabase } from '#kernel/testing';
import { startShop } from './dist/apps/server/src/bench/shop.js';
const what = process.argv[2] ?? 'one', N = Number(process.argv[3] ?? 8000);
const cleanup = new AsyncDisposableStack();
await rm('/tmp/prof', { recursive: true, force: true });
try {
  const dataDir = await mkdtemp('/tmp/stm-');
  cleanup.defer(() => rm(dataDir, { recursive: true, force: true }));
  await chmod(dataDir, 0o755);
  const postgres = await startEmbeddedPostgres({ dataDir, log: () => undefined, settings: { shared_preload_libraries: 'pg_stat_statements' } });
  cleanup.defer(() => postgres.stop());
  process.env.TEST_DATABASE_URL = postgres.url;
  const db = await testDatabase(); cleanup.defer(db.drop);
  const shop = await startShop(db.url, cleanup, { LOG_LEVEL: 'info', NODE_OPTIONS: '--cpu-prof --cpu-prof-dir=/tmp/prof' });
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const body = (url) => new Promise((resolve, reject) => get(url, { agent }, (r) => { let t=''; r.setEncoding('utf8'); r.on('data', c => t += c); r.on('end', () => resolve(t)); }).on('error', reject));
  const { items } = JSON.parse(await body(`${shop.url}/api/v1/products?limit=100`));
  if (what === 'buy') { for (let k = 0; k < N / 8; k++) await Promise.all(Array.from({ length: 8 }, () => shop.buy())); }
  else {
    let left = N;
    await Promise.all(Array.from({ length: 16 }, async () => { while (left-- > 0) await body(what === 'one' ? `${shop.url}/api/v1/products/${items[left % items.length >= 0 ? left % items.length : 0].id}` : `${shop.url}/api/v1/products?limit=20`); }));
  }
  agent.destroy();
} finally { await cleanup.disposeAsync(); }
