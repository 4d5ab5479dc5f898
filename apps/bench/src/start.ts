import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { testDatabase, until } from '#kernel/testing';
import { client } from './http.js';
import { interleaved, type Line, median, memoryOf, number, perSecond, quotient, verdict } from './measure.js';
import { buyRaw, rawTables, startRaw } from './raw.js';
import { spawnServer, temporaryFolder } from './server.js';
import { startShop } from './shop.js';

const CLIENTS = 8;
const ROUNDS = 5;

interface Started {
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

/** How long the server takes from its spawn to a first answer out of a database that is not new, and how much memory. */
export async function start(cleanup: AsyncDisposableStack): Promise<Line[]> {
  const { url, drop } = await testDatabase();
  cleanup.defer(drop);
  const [alone, beside] = await Promise.all([1, 2].map(() => temporaryFolder(cleanup)));
  const ask = client(cleanup, CLIENTS);
  const server = (dataDir: string, environment: Record<string, string>) => async (): Promise<Started> => {
    const spawned = await spawnServer(dataDir, environment, cleanup);
    await until(
      async () => spawned.hasEnded() || (await ask(`${spawned.url}/api/v1/products?limit=1`)).includes('"items"'),
      'products are answered',
      60,
    );
    return spawned;
  };
  const raw = async (): Promise<Started> => {
    const spawned = await startRaw(url, cleanup);
    await ask(`${spawned.url}/products`);
    return spawned;
  };
  const onDatabase = server(beside!, { DATABASE_URL: url });

  // The first, uncounted round makes the databases.
  const times = await interleaved(ROUNDS, {
    alone: timed(server(alone!, {})),
    onDatabase: timed(onDatabase),
    onBoth: timed(server(beside!, { DATABASE_URL: url, TEST_PROVIDER_URL: 'http://127.0.0.1:9' })), // nothing is asked of it
    raw: timed(raw),
  });
  const line = (what: string, seconds: readonly number[]): Line => ({
    what: `start to the first answer, ${what}`,
    rate: `${number(median(seconds), 2)} s`,
    yardstick: `${number(median(times.raw), 2)} s`,
    ratio: number(quotient(seconds, times.raw), 1),
    aim: verdict('≤ 1 s', median(seconds) <= 1),
  });
  return [
    line('database and test provider start with it', times.alone),
    line('the test provider starts with it', times.onDatabase),
    line('nothing else starts', times.onBoth),
    memoryLine('memory after the start', await rested(onDatabase, 2), await rested(raw, 2), 200),
    await loaded(cleanup),
  ];
}

/** Seconds until it has started; then it is stopped. */
const timed = (begin: () => Promise<Started>) => async (): Promise<number> => {
  const began = performance.now();
  const { stop } = await begin();
  const seconds = (performance.now() - began) / 1_000;
  await stop();
  return seconds;
};

/** Megabytes after it has started and rested; then it is stopped. */
async function rested(begin: () => Promise<Started>, seconds: number): Promise<number> {
  const { pid, stop } = await begin();
  await pause(seconds * 1_000);
  const { now } = await memoryOf(pid);
  await stop();
  return now;
}

/** Memory after ten seconds of reads and checkouts, and five of rest. */
async function loaded(cleanup: AsyncDisposableStack): Promise<Line> {
  const { url, drop } = await testDatabase();
  cleanup.defer(drop);
  const shop = await startShop(url, cleanup);
  const database = new pg.Client(url);
  await database.connect();
  await database.query(rawTables);
  await database.end();
  const raw = await startRaw(url, cleanup);
  const ask = client(cleanup, CLIENTS);
  const after = async (pid: number, reads: readonly string[], buy: () => Promise<void>): Promise<number> => {
    await perSecond(CLIENTS, 10, async () => {
      for (const read of reads) await ask(read);
      await buy();
    });
    await pause(5_000);
    return (await memoryOf(pid)).now;
  };
  const api = `${shop.url}/api/v1`;
  const ours = [
    `${api}/products/sku-1`,
    `${api}/products?limit=20`,
    `${api}/products?query=title`,
    `${api}/categories`,
  ];
  const theirs = Array.from(ours, () => `${raw.url}/products`);
  return memoryLine(
    'memory after 10 s of reads and checkouts',
    await after(shop.pids['server']!, ours, shop.buy),
    await after(raw.pid, theirs, () => buyRaw(raw.url)),
    300,
  );
}

const memoryLine = (what: string, ours: number, theirs: number, aim: number): Line => ({
  what,
  rate: `${number(ours)} MB`,
  yardstick: `${number(theirs)} MB`,
  ratio: number(ours / theirs, 1),
  aim: verdict(`≤ ${aim} MB`, ours <= aim),
});
