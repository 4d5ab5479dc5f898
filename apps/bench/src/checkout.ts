import pg from 'pg';
import { testDatabase } from '#kernel/testing';
import {
  cpuOf,
  cpuOfChildren,
  interleaved,
  type Line,
  median,
  number,
  perSecond,
  quotient,
  verdict,
} from './measure.js';
import { buyRaw, rawTables, startRaw } from './raw.js';
import { startShop } from './shop.js';

const CLIENTS = 8;
const ROUNDS = 3;

/** A round: how often in a second, the median milliseconds for one, and what one cost: CPU in milliseconds, statements. */
type Round = Record<'rate' | 'latency' | 'server' | 'database' | 'provider' | 'statements' | 'brackets', number>;

/** The whole server, from an empty cart to a captured payment; beside bare Fastify and pg that write the same in one transaction. */
export async function checkout(cleanup: AsyncDisposableStack, postmaster: number): Promise<Line[]> {
  const [forShop, forHand] = [await testDatabase(), await testDatabase()];
  cleanup.defer(forShop.drop);
  cleanup.defer(forHand.drop);
  const byHand = new pg.Pool({ connectionString: forHand.url, max: 1 });
  cleanup.defer(() => byHand.end());
  await byHand.query('create extension pg_stat_statements');
  await byHand.query(rawTables);
  const shop = await startShop(forShop.url, cleanup);
  const raw = await startRaw(forHand.url, cleanup);

  const used = async () => {
    const { rows } = await byHand.query<{ statements: number; brackets: number }>(`
      select sum(calls)::float8 as statements, sum(calls) filter (where query ~* '^(begin|start transaction|commit)')::float8 as brackets
      from pg_stat_statements`);
    const [server, provider, database] = await Promise.all([
      cpuOf(shop.pids['server']!),
      cpuOf(shop.pids['test-provider']!),
      cpuOfChildren(postmaster),
    ]);
    return { ...rows[0]!, server, provider, database };
  };
  const round = (seconds: number, work: () => Promise<void>) => async (): Promise<Round> => {
    const latencies: number[] = [];
    const before = await used();
    const rate = await perSecond(CLIENTS, seconds, async () => {
      const began = performance.now();
      await work();
      latencies.push(performance.now() - began);
    });
    const after = await used();
    const each = (what: keyof typeof after) => (after[what] - before[what]) / latencies.length;
    return {
      rate,
      latency: median(latencies),
      server: each('server'),
      database: each('database'),
      provider: each('provider'),
      statements: each('statements'),
      brackets: each('brackets'),
    };
  };

  const { ours, hand } = await interleaved(ROUNDS, {
    ours: round(6, shop.buy),
    hand: round(2, () => buyRaw(raw.url)),
  });
  const all = (rounds: Round[], what: keyof Round) => rounds.map((one) => one[what]);
  const line = (what: string, field: keyof Round, written: (value: number) => string): Line => ({
    what,
    rate: written(median(all(ours, field))),
    yardstick: written(median(all(hand, field))),
    ratio: number(quotient(all(ours, field), all(hand, field)), field === 'rate' ? 3 : 1),
  });
  const [rate, statements] = [quotient(all(ours, 'rate'), all(hand, 'rate')), median(all(ours, 'statements'))];
  return [
    {
      ...line(`checkouts, ${CLIENTS} clients`, 'rate', (value) => `${number(value, value < 100 ? 1 : 0)}/s`),
      aim: verdict('≥ 0.08', rate >= 0.08),
    },
    line('a checkout from cart to captured, median', 'latency', (value) => `${number(value, value < 10 ? 1 : 0)} ms`),
    line('database CPU per checkout', 'database', (value) => `${number(value, 2)} ms`),
    {
      ...line('SQL statements per checkout', 'statements', (value) => number(value, 1)),
      aim: verdict('≤ 60', statements <= 60),
    },
    line('of them BEGIN and COMMIT', 'brackets', (value) => number(value, 1)),
    { what: 'server CPU per checkout', rate: `${number(median(all(ours, 'server')), 1)} ms` },
    { what: 'test provider CPU per checkout', rate: `${number(median(all(ours, 'provider')), 1)} ms` },
  ];
}
