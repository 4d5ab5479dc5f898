/** @tag fault-injection */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Admin } from '@platformatic/kafka';
import { SystemClock, SystemRandomness } from '#kernel/base';
import { type EventLog, Forgotten } from '#kernel/core';
import { TestKafka } from '#kernel/kafka/testing';
import { until } from '#kernel/testing';
import { echo, messages, numbers, once, reading, request } from '#kernel/testing/guarantees';
import { KafkaCalls } from './kafka-calls.js';
import { KafkaEvents } from './kafka-events.js';

const partitions = [0, 1, 2, 3];
let brokers: TestKafka[] = [];
let admin: Admin;

beforeAll(async () => {
  Logger.overrideLogger(false);
  if (TestKafka.isMissing) return;
  brokers = await TestKafka.startCluster();
  admin = new Admin({ clientId: 'test', bootstrapBrokers: brokers.map((broker) => broker.brokers) });
  await until(
    async () => (await admin.metadata({ topics: [], forceUpdate: true })).brokers.size === 3,
    'all are there',
  );
}, 120_000);
afterAll(async () => {
  await admin?.close();
  await Promise.all(brokers.map((broker) => broker.stop()));
});

/** Appends one message after the other to a partition, as a relay does, until it is stopped. */
class Appending {
  appended = 0;
  private stopped = false;
  private readonly finished: Promise<void>;

  constructor(
    private readonly log: EventLog,
    private readonly partition: number,
  ) {
    this.finished = this.run();
  }

  get numbers(): number[] {
    return numbers(this.first, this.first + this.appended - 1);
  }

  stop(): Promise<void> {
    this.stopped = true;
    return this.finished;
  }

  private async run(): Promise<void> {
    for (let position: string | undefined; !this.stopped; await pause(10)) {
      const next = this.first + this.appended;
      try {
        position = await this.log.append(this.partition, messages(next, next), position);
        this.appended++;
      } catch (error) {
        const had = messages(this.first, next - 1);
        if (error instanceof Forgotten && had.length > 0)
          position = await until(() => this.log.append(this.partition, had, undefined), 'appended again', 40);
        else await pause(50);
      }
    }
  }

  private get first(): number {
    return this.partition * 1_000_000 + 1;
  }
}

(TestKafka.isMissing ? describe.skip : describe)('three brokers, the first of which fails,', () => {
  it.each(['dies', 'hangs'])('answer calls and bring events in order, none lost, where it %s', async (fault) => {
    const [victim] = brokers;
    const options = {
      brokers: brokers.map((broker) => broker.brokers),
      partitions: 4,
      replication: 3,
      prefix: `test-${fault}`,
      instance: 'test',
      key: 'a key that the test made up',
      clock: new SystemClock(),
      randomness: new SystemRandomness(),
    };
    const [publisher, subscriber] = [new KafkaEvents(options), new KafkaEvents(options)];
    const [owner, asker] = [new KafkaCalls(options), new KafkaCalls(options)];
    await owner.serve('shop', echo);
    const log = await until(() => publisher.open('shop', ['mail']), 'open');
    const { taken } = await reading(subscriber, 'mail', partitions);
    const all = partitions.map((partition) => new Appending(log, partition));
    const goesOn = async (what: string) => {
      const before = all.map(({ appended }) => appended);
      await until(() => all.every(({ appended }, at) => appended > before[at]! + 5), `appended ${what}`, 40);
      await until(() => asker.call('shop', request({})), `answered ${what}`, 40);
    };
    await goesOn('at first');
    if (fault === 'dies') await victim!.kill();
    else victim!.freeze();
    await goesOn('without it');
    if (fault === 'dies') await victim!.launch();
    else victim!.thaw();
    await goesOn('with it again');
    await Promise.all(all.map((one) => one.stop()));
    await until(() => once(taken).length === all.reduce((sum, { appended }) => sum + appended, 0), 'all are taken');
    for (const [at, { numbers }] of all.entries())
      expect(once(taken).filter((n) => Math.floor(n / 1_000_000) === at)).toEqual(numbers);
    await Promise.all([publisher, subscriber, owner, asker].map((transport) => transport.close()));
  });
});

jest.setTimeout(180_000);
