import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ServiceBroker } from 'moleculer';
import { SystemClock } from '#kernel/base';
import { anonymous } from '#kernel/core';
import { TestKafka } from '#kernel/kafka/testing';
import { TestRedis } from '#kernel/redis/testing';
import { until } from '#kernel/testing';
import { callsOver, eventsOver, PARTITIONS } from './brokers.js';
import { startCalls } from './calls.js';
import { flowThrough } from './events.js';
import { cpuOf, inFlight, interleaved, type Line, median, medianTime, number, quotient, verdict } from './measure.js';

const ROUNDS = 5;
const key = 'a key of the benchmark alone';
const id = '01936b5e-7c4a-7000-8000-000000000001';

/** Where the brokers are; without Kafka what needs it is left out. */
interface Brokers {
  readonly redis: string;
  readonly kafka?: string;
}

/** Signed calls to another process, and events, over Redis with an append-only file, beside Moleculer, Kafka and none. */
export async function remote(cleanup: AsyncDisposableStack): Promise<Line[]> {
  const redis = await TestRedis.start();
  cleanup.defer(() => redis.stop());
  const besideMoleculer = await callsBesideMoleculer(redis);
  const kafka = TestKafka.isMissing ? undefined : await TestKafka.start();
  if (kafka) cleanup.defer(() => kafka.stop());
  const brokers = { redis: redis.url, ...(kafka && { kafka: kafka.brokers }) };
  return [
    ...besideMoleculer,
    ...(await callsBesideRedis(brokers, cleanup)),
    ...(await logsBesideRedis(brokers, cleanup)),
    ...(await flowsBesideRedis(brokers)),
  ];
}

const request = () => ({
  name: 'echo.ask.v1',
  input: { id },
  metadata: { correlationId: id, principal: anonymous, deadline: new SystemClock().now() + 5_000 },
});

/** How to ask the process that echoes, and which that is. */
async function echo(broker: string, where: string, cleanup: AsyncDisposableStack, signing?: string) {
  const owner = await peer('calls', broker, where, cleanup, signing);
  const calls = await callsOver({ broker, where, key: signing, instance: 'asker' });
  cleanup.defer(() => calls.close());
  const ask = () => calls.call('echo', request());
  await until(ask, `answered over ${broker}`);
  return { ask, owner: owner.pid! };
}

async function callsBesideMoleculer(redis: TestRedis): Promise<Line[]> {
  await using cleanup = new AsyncDisposableStack();
  const ours = await echo('redis', redis.url, cleanup, key);
  const unsigned = await echo('redis', redis.url, cleanup);
  const theirPeer = await peer('moleculer', 'redis', redis.url, cleanup);
  const moleculer = new ServiceBroker({
    nodeID: 'asker',
    transporter: { type: 'Redis', options: redis.url as unknown as object },
    logger: false,
  });
  await moleculer.start();
  cleanup.defer(() => moleculer.stop());
  await moleculer.waitForServices('echo');
  const theirs = { ask: () => moleculer.call('echo.ask', { id }), owner: theirPeer.pid! };

  const [, broker] = /process_id:(\d+)/.exec(await redis.client.info('server'))!;
  /** A figure, and the microseconds of CPU that each call took asker, owner and Redis. */
  const measured = async (count: number, of: typeof ours, figure: (ask: typeof ours.ask) => Promise<number>) => {
    const cpu = () => Promise.all([process.pid, of.owner, Number(broker)].map(cpuOf));
    const before = await cpu();
    const measure = await figure(of.ask);
    return { measure, cpu: (await cpu()).map((after, at) => ((after - before[at]!) * 1_000) / count) };
  };
  const beside = (count: number, figure: (ask: typeof ours.ask) => Promise<number>) =>
    interleaved(ROUNDS, {
      ours: () => measured(count, ours, figure),
      unsigned: () => measured(count, unsigned, figure),
      theirs: () => measured(count, theirs, figure),
    });
  const one = await beside(3_000, (ask) => medianTime(3_000, ask));
  const many = await beside(40_000, async (ask) => 40_000 / (await inFlight(64, 40_000, ask)));
  type Costs = (typeof one)['ours'];
  const figures = (costs: Costs) => costs.map(({ measure }) => measure);
  const sums = (costs: Costs) => costs.map(({ cpu }) => cpu.reduce((sum, part) => sum + part));
  const parts = (costs: Costs) =>
    `${[0, 1, 2].map((part) => number(median(costs.map(({ cpu }) => cpu[part]!)))).join(', ')} µs`;
  /** A figure beside Moleculer's, and its CPU. */
  const lines = (what: string, costs: typeof one, who: 'ours' | 'unsigned', many: boolean): Line[] => {
    const ratio = quotient(figures(costs[who]), figures(costs.theirs));
    const written = (all: Costs) =>
      many ? `${number(median(figures(all)))}/s` : `${number(median(figures(all)), 3)} ms`;
    return [
      {
        what: `${what} (beside Moleculer)`,
        rate: written(costs[who]),
        yardstick: written(costs.theirs),
        ratio: number(ratio, 2),
        aim: many ? verdict('≥ 2.5', ratio >= 2.5) : verdict('≤ 1.1', ratio <= 1.1),
      },
      {
        what: 'its CPU: asker, owner and Redis',
        rate: parts(costs[who]),
        yardstick: parts(costs.theirs),
        ratio: number(quotient(sums(costs[who]), sums(costs.theirs)), 2),
      },
    ];
  };
  return [
    ...lines('remote call over Redis, 1 in flight, median', one, 'ours', false),
    ...lines('the same unsigned, as Moleculer’s', one, 'unsigned', false),
    ...lines('remote calls over Redis, 64 in flight', many, 'ours', true),
    ...lines('the same unsigned, as Moleculer’s', many, 'unsigned', true),
  ];
}

/** The same call by each way between processes, and a query within the process through the kernel's bus. */
async function callsBesideRedis(brokers: Brokers, cleanup: AsyncDisposableStack): Promise<Line[]> {
  const asks: Record<string, () => Promise<unknown>> = { 'within the process': (await startCalls(cleanup)).askSmall };
  const folder = await mkdtemp(join(tmpdir(), 'cleave-bench-'));
  cleanup.defer(() => rm(folder, { recursive: true }));
  for (const [broker, where] of Object.entries({ direct: folder, ...brokers }))
    asks[broker] = (await echo(broker, where, cleanup, key)).ask;
  const measured = (figure: (ask: () => Promise<unknown>) => Promise<number>) =>
    interleaved(
      ROUNDS,
      byName(asks, (ask) => () => figure(ask)),
    );
  const one = await measured((ask) => medianTime(500, ask));
  const many = await measured(async (ask) => 10_000 / (await inFlight(64, 10_000, ask)));
  return [
    ...besideRedis('a call', '1 in flight, median', one, (figure) => `${number(figure, 3)} ms`, {
      direct: (ratio) => verdict('≤ 0.6', ratio <= 0.6),
    }),
    ...besideRedis('calls', '64 in flight', many, (figure) => `${number(figure)}/s`, {
      direct: (ratio) => verdict('≥ 2', ratio >= 2),
    }),
  ];
}

/** Of half a kilobyte, appended by 100 to 16 partitions and read by another process. */
async function logsBesideRedis(brokers: Brokers, cleanup: AsyncDisposableStack): Promise<Line[]> {
  const rows = Array.from({ length: 100 }, (_, n) => ({
    id,
    name: 'teller.told.v1',
    key: `key-${n}`,
    destination: null,
    payload: { id, n, words: 'what an event says, in as many words as this '.repeat(5) },
    at: '2026-11-21T08:00:00.000Z',
    headers: { correlationId: id },
  }));
  const batches = 500;
  const flows: Record<string, () => Promise<number>> = {};
  for (const [broker, where] of Object.entries(brokers)) {
    const events = await eventsOver({ broker, where, key, instance: 'teller' });
    cleanup.defer(() => events.close());
    const log = await events.open('teller', ['hearer']);
    let heard = 0;
    const child = await peer('events', broker, where, cleanup, key);
    createInterface(child.stdout!).on('line', (count) => (heard += Number(count)));
    const places: string[] = [];
    flows[broker] = async () => {
      heard = 0;
      const began = performance.now();
      await inFlight(PARTITIONS, batches, async (_, partition) => {
        places[partition] = await log.append(partition, rows, places[partition]);
      });
      await until(() => heard >= batches * rows.length, 'all are heard', 60);
      return (batches * rows.length * 1_000) / (performance.now() - began);
    };
  }
  const rates = await interleaved(ROUNDS, flows);
  return besideRedis('events', 'appended and read by 100', rates, (figure) => `${number(figure)}/s`);
}

/** From outbox to inbox, published and handled by one process. */
async function flowsBesideRedis(brokers: Brokers): Promise<Line[]> {
  const flows = byName({ 'within the process': undefined, ...brokers }, (where, broker) => {
    let run = 0; // each in a database of its own, with logs of its own
    const events = (where: string) => eventsOver({ broker, where, key, instance: 'shop', prefix: `flow-${run++}` });
    return async () => flowThrough(where === undefined ? undefined : await events(where));
  });
  const rates = await interleaved(3, flows);
  return besideRedis('events', 'outbox to inbox, batch: 100', rates, (figure) => `${number(figure)}/s`);
}

const byName = <Of, Made>(all: Readonly<Record<string, Of>>, make: (of: Of, name: string) => Made) =>
  Object.fromEntries(Object.entries(all).map(([name, of]) => [name, make(of, name)]));

function besideRedis(
  what: string,
  how: string,
  figures: Readonly<Record<string, number[]>>,
  written: (figure: number) => string,
  aims: Readonly<Record<string, (ratio: number) => string>> = {},
): Line[] {
  const redis = figures['redis']!;
  return Object.entries(figures).map(([by, ours]) => {
    const ratio = quotient(ours, redis);
    return {
      what: `${what} ${ways[by] ?? by}, ${how}`,
      rate: written(median(ours)),
      ...(by !== 'redis' && { yardstick: written(median(redis)), ratio: number(ratio, 2) }),
      ...(aims[by] && { aim: aims[by](ratio) }),
    };
  });
}

const ways: Readonly<Record<string, string>> = {
  direct: 'over direct connections',
  redis: 'over Redis',
  kafka: 'over Kafka',
};

async function peer(
  kind: string,
  broker: string,
  where: string,
  cleanup: AsyncDisposableStack,
  signing?: string,
): Promise<ChildProcess> {
  const args = [kind, broker, where, ...(signing ? [signing] : [])];
  const child = spawn(process.execPath, [join(import.meta.dirname, 'remote-peer.js'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  cleanup.defer(async () => {
    child.kill();
    await exit;
  });
  await once(child.stdout, 'data');
  return child;
}
