import { chmod, mkdtemp, rm, readdir, readFile } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { startEmbeddedPostgres } from '#kernel/postgres';
import { testDatabase } from '#kernel/testing';
import { startShop } from './dist/apps/server/src/bench/shop.js';
import { startRaw } from './dist/apps/server/src/bench/raw.js';
const cleanup = new AsyncDisposableStack();
try {
  const dataDir = await mkdtemp('/tmp/stm-');
  cleanup.defer(() => rm(dataDir, { recursive: true, force: true }));
  await chmod(dataDir, 0o755);
  const postgres = await startEmbeddedPostgres({ dataDir, log: () => undefined, settings: { shared_preload_libraries: 'pg_stat_statements' } });
  cleanup.defer(() => postgres.stop());
  process.env.TEST_DATABASE_URL = postgres.url;
  const db = await testDatabase(); cleanup.defer(db.drop);
  const shop = await startShop(db.url, cleanup, { LOG_LEVEL: process.env.LL ?? 'info' });
  const raw = await startRaw(db.url, cleanup);
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const body = (url) => new Promise((resolve, reject) => get(url, { agent }, (r) => { let t=''; r.setEncoding('utf8'); r.on('data', c => t += c); r.on('end', () => resolve(t)); }).on('error', reject));
  const { items } = JSON.parse(await body(`${shop.url}/api/v1/products?limit=100`));
  console.log('body', JSON.stringify(items[0]).length);
  const threads = async (pid) => Object.fromEntries(await Promise.all((await readdir(`/proc/${pid}/task`)).map(async t => { const s = await readFile(`/proc/${pid}/task/${t}/stat`, 'utf8'); const f = s.slice(s.lastIndexOf(')') + 2).split(' '); return [t, { name: s.slice(s.indexOf('(')+1, s.lastIndexOf(')')), u: Number(f[11]) * 10, s: Number(f[12]) * 10 }]; })));
  const run = async (pid, url, n) => { const a = await threads(pid); let left = n; const t0 = performance.now(); await Promise.all(Array.from({ length: 16 }, async () => { while (left-- > 0) await body(url()); })); const dt = performance.now() - t0; const b = await threads(pid); const by = {}; for (const [t, v] of Object.entries(b)) { const o = a[t] ?? { u: 0, s: 0 }; const k = t === String(pid) ? 'main' : v.name; by[k] ??= { u: 0, s: 0 }; by[k].u += v.u - o.u; by[k].s += v.s - o.s; } console.log((n/dt*1000).toFixed(0)+'/s', Object.entries(by).filter(([,v]) => v.u + v.s > 0).map(([k, v]) => `${k} u${(v.u/n*1000).toFixed(0)} s${(v.s/n*1000).toFixed(0)}us`).join('  ')); };
  const any = () => items[Math.floor(Math.random() * items.length)].id;
  for (let i = 0; i < 4; i++) { await run(shop.pids.server, () => `${shop.url}/api/v1/products/${any()}`, 8000); await run(raw.pid, () => `${raw.url}/products/${any()}`, 8000); }
  for (let i = 0; i < 2; i++) { await run(shop.pids.server, () => `${shop.url}/api/v1/products?limit=20`, 3000); await run(raw.pid, () => `${raw.url}/products`, 3000); }
  agent.destroy();
} finally { await cleanup.disposeAsync(); }
