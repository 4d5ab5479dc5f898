// statement breakdown of N sequential checkouts
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { startEmbeddedPostgres } from '#kernel/postgres';
import { testDatabase } from '#kernel/testing';
import pg from 'pg';
import { startShop } from './dist/apps/server/src/bench/shop.js';
const N = Number(process.argv[2] ?? 20);
const cleanup = new AsyncDisposableStack();
try {
  const dataDir = await mkdtemp('/tmp/stm-');
  cleanup.defer(() => rm(dataDir, { recursive: true, force: true }));
  await chmod(dataDir, 0o755);
  const postgres = await startEmbeddedPostgres({ dataDir, log: () => undefined, settings: { shared_preload_libraries: 'pg_stat_statements', 'pg_stat_statements.track_planning': 'on' } });
  cleanup.defer(() => postgres.stop());
  process.env.TEST_DATABASE_URL = postgres.url;
  const db = await testDatabase(); cleanup.defer(db.drop);
  const shop = await startShop(db.url, cleanup);
  const c = new pg.Client({ connectionString: db.url }); await c.connect(); cleanup.defer(() => c.end());
  await c.query('create extension pg_stat_statements');
  for (let i = 0; i < 10; i++) await shop.buy();
  await new Promise(r => setTimeout(r, 500));
  await c.query('select pg_stat_statements_reset()');
  const t0 = performance.now();
  for (let i = 0; i < N / 8; i++) await Promise.all(Array.from({length: 8}, () => shop.buy()));
  const ms = (performance.now() - t0) / N;
  const { rows } = await c.query(`select u.rolname as who, calls::float8/${N} as n, total_exec_time/${N} as ex, total_plan_time/${N} as pl, left(regexp_replace(query, '\\s+', ' ', 'g'), 150) as q from pg_stat_statements s join pg_roles u on u.oid = s.userid order by total_exec_time + total_plan_time desc`);
  let sum = 0; for (const r of rows) { sum += r.n; if (r.ex + r.pl > 0.02) console.log((r.ex).toFixed(3).padStart(7), (r.pl).toFixed(3).padStart(7), r.n.toFixed(2).padStart(6), r.who.replace('cleave_','').padEnd(10), r.q); }
  // background
  await c.query('select pg_stat_statements_reset()');
  await new Promise(r => setTimeout(r, 5000));
  const bg = (await c.query(`select sum(calls)::float8/5 as n from pg_stat_statements`)).rows[0].n;
  console.log('per checkout', sum.toFixed(1), 'ms each', ms.toFixed(0), 'background per s', bg, '→ own', (sum - bg * ms / 1000).toFixed(1));
} finally { await cleanup.disposeAsync(); }
