import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { testDatabase, until } from '#kernel/testing';
import { interleaved, type Line, median, number, perSecond, quotient } from './measure.js';

const CLIENTS = 8;
const ROUNDS = 3;
const SECONDS = 8;
const SKUS = 100;
const sku = () => `SKU-${Math.floor(Math.random() * SKUS)}`;

interface Usage {
  readonly server: number;
  readonly database: number;
  readonly provider: number;
  readonly statements: number;
  readonly transactions: number;
}

/** The whole server, from an empty cart to a captured payment; beside the same writes by hand in one transaction. */
export async function checkout(cleanup: AsyncDisposableStack, postmaster: number): Promise<Line[]> {
  const shopDatabase = await testDatabase();
  cleanup.defer(shopDatabase.drop);
  const yardDatabase = await testDatabase();
  cleanup.defer(yardDatabase.drop);
  const statistics = new pg.Client({ connectionString: shopDatabase.url });
  await statistics.connect();
  cleanup.defer(() => statistics.end());
  await statistics.query('create extension pg_stat_statements');
  const shop = await startShop(shopDatabase.url, cleanup);
  const yard = await openYard(yardDatabase.url, cleanup);

  const usage = async (): Promise<Usage> => {
    const { rows } = await statistics.query<{ statements: number; transactions: number }>(`
      select sum(calls)::float8 as statements, sum(calls) filter (where query ~* '^commit')::float8 as transactions
      from pg_stat_statements where dbid = (select oid from pg_database where datname = current_database())`);
    const [server, provider] = await Promise.all([shop.server, shop.provider].map((pid) => cpuOf(pid)));
    return { ...rows[0]!, server: server!, provider: provider!, database: await cpuOfAll(postmaster) };
  };

  const used: Usage[] = [];
  const latencies: number[] = [];
  const { ours, bare, bareDatabase } = { ...(await measure()), bareDatabase: 0 };

  async function measure() {
    return interleaved(ROUNDS, {
      ours: async () => {
        const before = await usage();
        let bought = 0;
        const rate = await perSecond(CLIENTS, SECONDS, async () => {
          const began = performance.now();
          await shop.buy();
          latencies.push(performance.now() - began);
          bought++;
        });
        const after = await usage();
        used.push(Object.fromEntries(Object.entries(after).map(([name, value]) => [name, (value - before[name as keyof Usage]) / bought])) as never);
        return rate;
      },
      bare: async () => perSecond(CLIENTS, 3, yard.buy),
    });
  }
  void bareDatabase;
  return [];
}
