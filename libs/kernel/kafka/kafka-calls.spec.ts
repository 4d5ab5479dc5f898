/** @tag fault-injection */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { type KafkaRecord, Producer, stringSerializers } from '@platformatic/kafka';
import { SeededRandomness, SystemClock, SystemRandomness } from '#kernel/base';
import { Seal } from '#kernel/brokers';
import { NoReply } from '#kernel/core';
import { TestKafka } from '#kernel/kafka/testing';
import { Failure } from '#kernel/messages';
import { until } from '#kernel/testing';
import { callGuarantees, echo, insist, never, request } from '#kernel/testing/guarantees';
import { Cluster, type Topic } from './cluster.js';
import { Fetcher } from './fetcher.js';
import { KafkaCalls, type KafkaCallsOptions } from './kafka-calls.js';
import { Records } from './records.js';

const program = join(import.meta.dirname, '../../../dist/libs/kernel/kafka/testing/kafka-replica.js');
const key = 'a key that the test made up';
const clock = new SystemClock();
const randomness = new SystemRandomness();
let kafka: TestKafka;
let opened: KafkaCalls[] = [];
let replicas: ChildProcess[] = [];
let tests = 0;
const describeOnKafka = TestKafka.isMissing ? describe.skip : describe;

beforeAll(async () => {
  Logger.overrideLogger(false);
  if (!TestKafka.isMissing) kafka = await TestKafka.start();
}, 90_000);
afterAll(() => kafka?.stop());
beforeEach(() => {
  tests++;
});
afterEach(async () => {
  await Promise.all([...opened.map((calls) => calls.close()), ...replicas.map(end)]);
  [opened, replicas] = [[], []];
});

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

/** A process on the bus of this test. */
async function process(options: Partial<KafkaCallsOptions> = {}): Promise<KafkaCalls> {
  const brokers = [kafka.brokers];
  const prefix = `test-${tests}`;
  const calls = new KafkaCalls({
    brokers,
    partitions: 4,
    prefix,
    instance: 'test',
    key,
    clock,
    randomness,
    ...options,
  });
  opened.push(calls);
  const isConnected = () => until(() => calls.status === 'connected', 'connected');
  const serve = calls.serve.bind(calls);
  calls.serve = (...served) =>
    serve(...served)
      .then(isConnected)
      .then(() => undefined); // a first join may take longer than a start waits
  await isConnected();
  return calls;
}

/** A process that may be killed; answers its name. */
async function replica(name: string): Promise<ChildProcess> {
  const child = spawn(globalThis.process.execPath, [program, kafka.brokers, `test-${tests}`, key, name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  replicas.push(child);
  const end = once(child, 'exit').then(() => Promise.reject(new Error(`${name} ended`)));
  end.catch(() => undefined);
  await Promise.race([once(child.stdout, 'data'), end]);
  return child;
}

/** As somebody else may write to a topic. */
async function write(message: { topic: string; partition: number; key?: string; value: string }): Promise<void> {
  const producer = new Producer({
    clientId: 'forger',
    bootstrapBrokers: [kafka.brokers],
    serializers: stringSerializers,
  });
  await producer.send({ messages: [message] });
  await producer.close();
}

/** The first request that was ever put to the topic, or is put there next, as it was signed. */
async function firstIn(name: string): Promise<string> {
  const cluster = new Cluster(
    { brokers: [kafka.brokers], partitions: 4, prefix: 'test', instance: 'spy', key, clock, randomness },
    'spy',
  );
  const fetcher = new Fetcher(cluster, 'spy');
  const read: Records[] = [];
  const topicOf = async (): Promise<Topic> => {
    const there = await cluster.topic(name);
    if (!there) throw new Error('not yet');
    return there;
  };
  try {
    return await new Promise((resolve) => {
      for (const partition of [0, 1, 2, 3]) {
        const accept = ({ value }: KafkaRecord) => (resolve(String(value)), true);
        const options = { cluster, fetcher, clock, randomness, topic: topicOf, partition, since: 60_000, accept };
        read.push(new Records(options));
      }
    });
  } finally {
    for (const records of read) records.stop();
    fetcher.close();
    cluster.close();
  }
}

const topic = (owner: string) => `test-${tests}.calls.${owner}`;

/** As the bus does, in a call's usual time: no more than 5 seconds, however often it is asked. */
async function withinDeadline(calls: KafkaCalls, input: object): Promise<unknown> {
  for (const asked = request(input, 5_000); ; await pause(20)) {
    try {
      return await calls.call('shop', asked);
    } catch (error) {
      if (!(error instanceof NoReply) && !(error instanceof Failure && error.retryable)) throw error;
    }
  }
}

/** Asks in vain, and again, since an attempt may end before anything of it is written. */
async function askUntil(enough: () => boolean, asker: KafkaCalls, owner: string, input: object): Promise<void> {
  await until(() => asker.call(owner, request(input)).catch(enough), 'asked', 50);
}

callGuarantees({ name: 'Kafka', isMissing: TestKafka.isMissing, open: process, broker: () => kafka });

describeOnKafka('calls over Kafka', () => {
  it('are waited for beyond the first second, where the replica says that it has begun', async () => {
    const [owner, asker] = [await process(), await process()];
    let begun = 0;
    await owner.serve('shop', async ({ input }) => {
      if (!('slow' in input)) return 'quick';
      begun++;
      await pause(1_500);
      return 'slow';
    });
    await insist(asker, {});
    expect(await asker.call('shop', request({ slow: true }))).toBe('slow');
    expect(begun).toBe(1);
  });

  it('are nobody knows what where nobody takes them', async () => {
    const asker = await process();
    const outcome = () => asker.call('shop', request({})).catch((error: unknown) => error);
    await until(async () => (await outcome()) instanceof NoReply, 'there is a topic, and no reply');
  });

  it('reach a replica that has room where another has none', async () => {
    const [busy, free, asker] = [await process({ concurrency: 1 }), await process(), await process()];
    let begun = 0;
    await busy.serve('shop', () => {
      begun++;
      return never();
    });
    void asker.call('shop', request({ n: 1 })).catch(() => undefined);
    await until(() => begun === 1, 'busy');
    await free.serve('shop', echo);
    for (const n of [2, 3, 4]) expect(await withinDeadline(asker, { n })).toEqual({ n });
    expect(begun).toBe(1);
  });

  it('drop a request that comes too late', async () => {
    const owner = await process();
    const begun: object[] = [];
    await owner.serve('shop', async ({ input }) => begun.push(input));
    const late = { id: 1, from: '0.nobody', until: clock.now() - 1, ...request({ late: true }) };
    const value = new Seal(key).seal(topic('shop'), JSON.stringify([late]));
    await write({ topic: topic('shop'), partition: 0, value });
    await until(() => owner.counters.expired === 1, 'dropped');
    expect(begun).toEqual([]);
  });

  it('refuse what was not signed with the key, and count it', async () => {
    const [owner, asker, stranger] = [await process(), await process(), await process({ key: 'another' })];
    const unsigned = await process({ key: undefined });
    const begun: object[] = [];
    await owner.serve('shop', async ({ input }) => begun.push(input));
    for (const forger of [stranger, unsigned]) {
      const before = owner.counters.forged;
      await askUntil(() => owner.counters.forged > before, forger, 'shop', { forged: true });
    }
    expect(begun).toEqual([]);
    await asker.call('shop', request({ n: 1 }));
    expect(begun).toEqual([{ n: 1 }]);
  });

  it('refuse a request that is signed for another context', async () => {
    const [owner, asker] = [await process(), await process()];
    await owner.serve('shop', echo);
    let value: string | undefined;
    void firstIn(topic('elsewhere')).then((first) => (value = first));
    await askUntil(() => value !== undefined, asker, 'elsewhere', {});
    await write({ topic: topic('shop'), partition: 0, value: value! });
    await until(() => owner.counters.forged === 1, 'refused');
  });

  it('pass over what is no request, where nothing is signed', async () => {
    const [owner, asker] = [await process({ key: undefined }), await process({ key: undefined })];
    await owner.serve('shop', async () => 'served');
    for (const body of ['null', '[null]', '[{}]', '{', '7']) {
      const value = new Seal(undefined).seal('any', body);
      for (const partition of [0, 1, 2, 3]) await write({ topic: topic('shop'), partition, value });
    }
    await until(() => owner.counters.forged === 20, 'passed over');
    expect(await asker.call('shop', request({}))).toBe('served');
  });

  it('refuse a reply that was not signed with the key', async () => {
    const [owner, asker] = [await process(), await process()];
    await owner.serve('shop', echo);
    await asker.call('shop', request({}));
    const [attempt] = JSON.parse((await firstIn(topic('shop'))).split('.').slice(2).join('.')) as { from: string }[];
    const [partition = '', self = ''] = attempt!.from.split('.');
    await write({ topic: `test-${tests}.replies`, partition: Number(partition), key: self, value: '1..{}\n0 4\ntrue' });
    await until(() => asker.counters.forged === 1, 'refused');
  });

  it('are not answered to one who came back under the name of one who asked', async () => {
    const owner = await process();
    let answer: (value: unknown) => void = () => undefined;
    await owner.serve('shop', async ({ input }) =>
      'slow' in input ? new Promise((resolve) => (answer = resolve)) : input,
    );
    const former = await process({ randomness: new SeededRandomness('the same partition') });
    const lost = former.call('shop', request({ slow: true })).catch((error: unknown) => error);
    await pause(100);
    await former.close();
    expect(await lost).toBeInstanceOf(NoReply);
    const next = await process({ randomness: new SeededRandomness('the same partition') });
    answer({ not: 'yours' });
    expect(await next.call('shop', request({ n: 1 }))).toEqual({ n: 1 });
    expect(next.counters).toEqual({ forged: 0, expired: 0, late: 0 });
  });
});

describeOnKafka('calls over Kafka while a replica is in trouble', () => {
  beforeAll(() => expect(existsSync(program)).toBe(true)); // built by `npm test`

  it.each(['SIGKILL', 'SIGSTOP'] as const)('are answered before their deadline after %s', async (signal) => {
    const [asker, victim] = [await process(), await replica('victim')];
    await replica('heir');
    const heard = new Set<unknown>();
    await until(async () => heard.add(await asker.call('shop', request({}))).size === 2, 'both answer');
    heard.clear();
    let stop = false;
    let answered = 0;
    const askers = Promise.all(
      Array.from({ length: 8 }, async () => {
        for (; !stop; await pause(10)) {
          heard.add(await withinDeadline(asker, {}));
          answered++;
        }
      }),
    );
    await until(() => heard.size === 2, 'all is well');
    victim.kill(signal);
    const before = answered;
    await Promise.race([askers, pause(9_000)]); // its session ends, its partitions pass to the heir
    expect(answered).toBeGreaterThan(before);
    heard.clear();
    victim.kill('SIGCONT');
    const back = signal === 'SIGSTOP' ? 'victim' : 'heir';
    await Promise.race([askers, until(() => heard.has(back), `${back} answers`, 40)]);
    stop = true;
    await askers;
    expect(heard).toContain(back);
  });

  it('go on after Kafka has forgotten everything', async () => {
    const [owner, asker] = [await process(), await process()];
    await owner.serve('shop', echo);
    await asker.call('shop', request({ n: 1 }));
    await kafka.kill();
    await kafka.lose();
    await kafka.launch();
    expect(await insist(asker, { n: 2 })).toEqual({ n: 2 });
    await until(() => owner.status === 'connected' && asker.status === 'connected', 'all is well');
  });
});

jest.setTimeout(60_000);
