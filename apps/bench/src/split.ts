import { join } from 'node:path';
import { TestKafka } from '#kernel/kafka/testing';
import { TestRedis } from '#kernel/redis/testing';
import { testDatabase } from '#kernel/testing';
import { client } from './http.js';
import {
  cpuOf,
  cpuOfChildren,
  interleaved,
  type Line,
  median,
  medianTime,
  number,
  paired,
  perSecond,
  quotient,
  verdict,
} from './measure.js';
import { type RunningShop, startShop } from './shop.js';

const ROUNDS = 3;
const CLIENTS = 16;
const topologies = join(import.meta.dirname, '../../../../topologies');

/** A broker of the benchmark's own, and by which settings the shop finds it. */
interface Broker {
  readonly name: string;
  /** How the shop is split, where not over the broker alone. */
  readonly way?: string;
  readonly topology: string;
  readonly pid: number;
  readonly environment: Record<string, string>;
}

export async function split(cleanup: AsyncDisposableStack, postmaster: number): Promise<Line[]> {
  const redis = await TestRedis.start();
  cleanup.defer(() => redis.stop());
  const [, pid] = /process_id:(\d+)/.exec(await redis.client.info('server'))!;
  const environment = { REDIS_URL: redis.url };
  return splitOver({ name: 'Redis', topology: 'split-redis.yaml', pid: Number(pid), environment }, cleanup, postmaster);
}

/** Nothing where there is no Kafka. */
export async function splitKafka(cleanup: AsyncDisposableStack, postmaster: number): Promise<Line[]> {
  if (TestKafka.isMissing) return [];
  const kafka = await TestKafka.start();
  cleanup.defer(() => kafka.stop());
  const environment = { KAFKA_BROKERS: kafka.brokers };
  const broker = { name: 'Kafka', topology: 'split-kafka.yaml', pid: kafka.pid, environment };
  return splitOver({ ...broker, way: 'split with direct calls' }, cleanup, postmaster);
}

/** The shop in seven processes over a broker, beside the same in one: what the way through the gateway costs. */
async function splitOver(broker: Broker, cleanup: AsyncDisposableStack, postmaster: number): Promise<Line[]> {
  const start = async (environment: Record<string, string>, args?: string[]) => {
    const database = await testDatabase();
    cleanup.defer(database.drop);
    return startShop(database.url, cleanup, { LOG_LEVEL: 'info', ...environment }, args);
  };
  const monolith = await start({});
  const bus = { ...broker.environment, CLEAVE_BUS_KEY: 'a key of the benchmark, as long as it must be' };
  const parts = await start(bus, ['--topology', join(topologies, broker.topology)]);

  const ask = client(cleanup, CLIENTS);
  const reads = async ({ url }: RunningShop) => {
    const { items } = JSON.parse(await ask(`${url}/api/v1/products?limit=100`)) as { items: { id: string }[] };
    return () => ask(`${url}/api/v1/products/${items[Math.floor(Math.random() * items.length)]!.id}`);
  };
  const [one, other] = [await reads(monolith), await reads(parts)];
  const latency = (count: number, work: () => Promise<unknown>) => () => medianTime(count, work);
  const alone = await interleaved(ROUNDS, { monolith: latency(500, one), split: latency(500, other) });
  const sale = await interleaved(ROUNDS, { monolith: latency(12, monolith.buy), split: latency(12, parts.buy) });

  const load = (pids: readonly number[], work: () => Promise<unknown>) => async () => {
    const used = async () => ({
      servers: (await Promise.all(pids.map(cpuOf))).reduce((sum, cpu) => sum + cpu),
      broker: await cpuOf(broker.pid),
      database: await cpuOfChildren(postmaster),
    });
    let count = 0;
    const before = await used();
    const rate = await perSecond(CLIENTS, 2, async () => {
      await work();
      count++;
    });
    const after = await used();
    const each = (what: keyof typeof after) => (after[what] - before[what]) / count;
    return { rate, servers: each('servers'), broker: each('broker'), database: each('database') };
  };
  const { gateway, catalog } = parts.pids;
  const many = await interleaved(ROUNDS, {
    monolith: load([monolith.pids['server']!], one),
    split: load([gateway!, catalog!], other),
  });

  const over = broker.way ?? `split over ${broker.name}`;
  const tax = paired(alone.split, alone.monolith, (a, b) => a - b);
  const compared = (what: string, ours: number[], theirs: number[], unit: string, digits: number): Line => ({
    what,
    rate: `${number(median(ours), digits)}${unit}`,
    yardstick: `${number(median(theirs), digits)}${unit}`,
    ratio: number(quotient(ours, theirs), 2),
  });
  const of = (what: keyof (typeof many.split)[number]) =>
    [many.split, many.monolith].map((rounds) => rounds.map((round) => round[what])) as [number[], number[]];
  return [
    {
      ...compared(`GET one product, ${over}, median`, alone.split, alone.monolith, ' ms', 2),
      aim: verdict(`+ ${number(tax, 2)} ≤ + 1.5 ms`, tax <= 1.5),
    },
    compared(`GET one product, ${over}, ${CLIENTS} clients`, ...of('rate'), '/s', 0),
    compared('its CPU: gateway and catalog', ...of('servers'), ' ms', 3),
    { what: `its CPU: ${broker.name}`, rate: `${number(median(of('broker')[0]), 3)} ms` },
    compared('its CPU: database', ...of('database'), ' ms', 3),
    compared(`a checkout from cart to captured, ${over}, median`, sale.split, sale.monolith, ' ms', 1),
  ];
}
