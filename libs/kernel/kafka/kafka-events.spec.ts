/** @tag fault-injection */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Admin, Producer } from '@platformatic/kafka';
import { stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { SystemClock, SystemRandomness } from '#kernel/base';
import { Seal } from '#kernel/brokers';
import { Forgotten } from '#kernel/core';
import { TestKafka } from '#kernel/kafka/testing';
import { until } from '#kernel/testing';
import {
  appendEach,
  itCarriesEvents,
  itSurvivesTrouble,
  message,
  messages,
  numbers,
  numbersOf,
  once,
  reading,
} from '#kernel/testing/guarantees';
import type { Cluster } from './cluster.js';
import { KafkaEvents, type KafkaEventsOptions } from './kafka-events.js';
import { committedOffsets } from './offsets.js';
import { commitOffsets } from './protocol.js';
import { destinationOf, LOG_HEADER } from './record.js';

let kafka: TestKafka;
let admin: Admin;
const KEY = 'a key that the test made up';
let opened: KafkaEvents[] = [];
let tests = 0;
const describeOnKafka = TestKafka.isMissing ? describe.skip : describe;

beforeAll(async () => {
  Logger.overrideLogger(false);
  if (TestKafka.isMissing) return;
  kafka = await TestKafka.start();
  admin = new Admin({ clientId: 'test', bootstrapBrokers: [kafka.brokers] });
});
afterAll(async () => {
  await admin?.close();
  await kafka?.stop();
});
beforeEach(() => {
  tests++;
});
afterEach(async () => {
  await Promise.all(opened.map((events) => events.close()));
  opened = [];
});

function transport(options: Partial<KafkaEventsOptions> = {}): KafkaEvents {
  const events = new KafkaEvents({
    brokers: [kafka.brokers],
    prefix: `test-${tests}`,
    instance: 'test',
    key: KEY,
    clock: new SystemClock(),
    randomness: new SystemRandomness(),
    partitions: 2,
    ...options,
  });
  opened.push(events);
  return events;
}

const topic = () => `test-${tests}.events.shop`;
const group = (reader: string) => `test-${tests}.events.${reader}`;
/** As when their time is up. */
const deleteUpTo = (offset: number) =>
  admin.deleteRecords({ topics: [{ name: topic(), partitions: [{ partition: 0, offset: BigInt(offset) }] }] });

describeOnKafka('events over Kafka', () => {
  itCarriesEvents(transport);

  it('tell whether Kafka keeps them', async () => {
    expect(await transport().persistence()).toBe('kept');
  });

  it('are refused where they were signed for another partition, or are none', async () => {
    const events = transport();
    await events.open('shop', ['mail']);
    const { taken } = await reading(events, 'mail', [0]);
    const { id } = (await admin.metadata({ topics: [topic()], forceUpdate: true })).topics.get(topic())!;
    const log = `${id.replaceAll('-', '')}@0`;
    const sealed = new Seal(KEY).seal(destinationOf(topic(), 1, log), JSON.stringify(message(1)));
    const producer = new Producer({ clientId: 'test', bootstrapBrokers: [kafka.brokers] });
    const common = { topic: topic(), partition: 0, key: Buffer.from('a') };
    await producer.send({
      acks: -1,
      messages: [
        { ...common, value: Buffer.from(sealed), headers: new Map([[LOG_HEADER, Buffer.from(log)]]) },
        { ...common, value: Buffer.from('{}') },
      ],
    });
    await producer.close();
    await until(() => events.counters.forged === 2, 'refused');
    expect(taken).toEqual([]);
  });
});

describeOnKafka('events while Kafka is in trouble', () => {
  itSurvivesTrouble(transport, () => kafka);

  it('are forgotten where the topic was deleted: what comes later is not appended before they are', async () => {
    const events = transport();
    const log = await events.open('shop', ['mail']);
    const { taken } = await reading(events, 'mail', [0]);
    const position = await log.append(0, messages(1, 3), undefined);
    await until(() => taken.length === 3, 'taken');
    await admin.deleteTopics({ topics: [topic()] });
    await until(async () => (await log.settle([{ partition: 0, position }]))[0] === 'forgotten', 'forgotten');
    await expect(log.append(0, [message(4)], position)).rejects.toBeInstanceOf(Forgotten);
    const again = await log.append(0, messages(1, 3), undefined);
    await log.append(0, messages(4, 6), again);
    await until(() => once(taken).length === 6, 'all are taken');
    expect(once(taken)).toEqual(numbers(1, 6));
  });

  it('are passed over where they came to a topic that was made anew before their process knew of it', async () => {
    const [events, other] = [transport(), transport()];
    const log = await events.open('shop', ['mail']);
    const position = await log.append(0, messages(1, 3), undefined);
    await admin.deleteTopics({ topics: [topic()] });
    await until(async () => !(await admin.listTopics()).includes(topic()), 'deleted');
    const anew = await until(() => other.open('shop', ['mail']), 'made anew');
    await anew.append(0, messages(101, 105), undefined);
    const late = await log.append(0, [message(4)], position);
    const { taken } = await reading(other, 'mail', [0]);
    expect(await log.settle([{ partition: 0, position: late }])).toEqual(['forgotten']);
    await log.append(0, messages(1, 5), undefined);
    await until(() => taken.length === 10, 'all are taken');
    expect(numbersOf(taken)).toEqual([...numbers(101, 105), ...numbers(1, 5)]);
  });

  it('are told again, in order, to a reader that was away for longer than they are kept', async () => {
    const events = transport();
    const log = await events.open('shop', ['mail', 'stock']);
    const handled = await appendEach(log, messages(1, 3));
    const [mail, stock] = [await reading(events, 'mail', [0]), await reading(events, 'stock', [0])];
    await until(async () => (await log.settle([{ partition: 0, position: handled }]))[0] === 'handled', 'handled');
    await stock.reader.stop();
    const position = await appendEach(log, messages(4, 9), handled);
    await until(() => mail.taken.length === 9, 'one has them');
    await deleteUpTo(7);
    expect(await log.settle([{ partition: 0, position }])).toEqual(['forgotten']);
    const back = await reading(transport(), 'stock', [0]);
    const again = await log.append(0, messages(4, 9), undefined);
    const last = await log.append(0, messages(10, 12), again);
    await until(async () => (await log.settle([{ partition: 0, position: last }]))[0] === 'handled', 'handled');
    expect(numbersOf(back.taken)).toEqual(numbers(4, 12));
    expect(once(mail.taken)).toEqual(numbers(1, 12));
  });

  it('of another slot are told again too where a reader lost its position, though their process did not know', async () => {
    const events = transport();
    const [log, other] = [await events.open('shop', ['mail']), await transport().open('shop', ['mail'])];
    const [a, b] = [await appendEach(log, messages(1, 3)), await appendEach(other, messages(101, 103))];
    await deleteUpTo(2);
    expect(await log.settle([{ partition: 0, position: a }])).toEqual(['forgotten']);
    const late = await other.append(0, messages(104, 105), b);
    const { taken } = await reading(events, 'mail', [0]);
    await log.append(0, messages(1, 3), undefined);
    expect(await other.settle([{ partition: 0, position: late }])).toEqual(['forgotten']);
    await other.append(0, messages(101, 105), undefined);
    await until(() => taken.length === 8, 'all are taken');
    expect(numbersOf(taken)).toEqual([...numbers(1, 3), ...numbers(101, 105)]);
  });

  it('are not lost to a reader that has read them where they are kept no longer', async () => {
    const events = transport();
    const log = await events.open('shop', ['mail']);
    const position = await appendEach(log, messages(1, 9));
    const { taken } = await reading(events, 'mail', [0]);
    await until(async () => (await log.settle([{ partition: 0, position }]))[0] === 'handled', 'handled');
    await deleteUpTo(9);
    expect(await log.settle([{ partition: 0, position }])).toEqual(['handled']);
    await log.append(0, messages(10, 11), position);
    await until(() => taken.length === 11, 'the rest is taken');
  });

  it('come again from where their log begins where the position of a reader expired', async () => {
    const log = await transport().open('shop', ['mail']);
    const position = await log.append(0, messages(1, 3), undefined);
    const { reader } = await reading(transport(), 'mail', [0]);
    await until(async () => (await log.settle([{ partition: 0, position }]))[0] === 'handled', 'handled');
    await reader.stop();
    await admin.deleteGroups({ groups: [group('mail')] });
    const { taken } = await reading(transport(), 'mail', [0]);
    await log.append(0, messages(4, 5), position);
    await until(() => taken.length === 5, 'all are taken');
    expect(numbersOf(taken)).toEqual(numbers(1, 5));
  });

  it('are appended where Kafka, which has lost all, knows their process by what is another one’s name now', async () => {
    const loseAll = () =>
      kafka
        .kill()
        .then(() => kafka.lose())
        .then(() => kafka.launch());
    await loseAll(); // its producers are numbered from the beginning again
    const [events, other] = [transport(), transport()];
    const log = await until(() => events.open('shop', ['mail']), 'open');
    let position: string | undefined;
    for (const id of [1, 2, 3]) position = await until(() => log.append(0, [message(id)], position), 'appended');
    await loseAll();
    const anew = await until(() => other.open('shop', ['mail']), 'open anew');
    for (const id of [101, 102, 103, 104]) await until(() => anew.append(0, [message(id)], undefined), 'appended');
    const { taken } = await reading(other, 'mail', [0]);
    await until(() => log.append(0, [message(4)], undefined), 'appended');
    await until(() => once(taken).length === 5, 'all are taken');
    expect(once(taken)).toEqual([101, 102, 103, 104, 4]);
  });

  it('count as handled where who read before them hung, and then put their reader’s position back', async () => {
    const events = transport();
    const log = await events.open('shop', ['mail']);
    const { taken } = await reading(events, 'mail', [0]);
    const position = await appendEach(log, messages(1, 3));
    const handled = async () => (await log.settle([{ partition: 0, position }]))[0] === 'handled';
    await until(handled, 'handled');
    const { cluster } = log as unknown as { cluster: Cluster };
    const committed = (await committedOffsets(cluster, [group('mail')], topic(), [0])).get(group('mail'))!.get(0)!;
    const back = [{ ...committed, offset: 1, topic: topic(), partition: 0 }];
    await until(() => commitOffsets(cluster, group('mail'), back).then(async () => !(await handled())), 'put back');
    await until(handled, 'handled again');
    expect(numbersOf(taken)).toEqual(numbers(1, 3));
  });

  it('are told again where it is no longer known where their log begins', async () => {
    const events = transport();
    const log = await events.open('shop', ['mail']);
    const position = await log.append(0, messages(1, 3), undefined);
    await admin.deleteGroups({ groups: [`test-${tests}.events`] });
    expect(await log.settle([{ partition: 0, position }])).toEqual(['forgotten']);
    const { taken } = await reading(events, 'mail', [0]);
    await log.append(0, messages(1, 4), undefined);
    await until(() => taken.length === 4, 'all are taken');
    expect(numbersOf(taken)).toEqual(numbers(1, 4));
  });

  it('are forgotten where the end of the log was lost, even where others have been appended there since', async () => {
    const events = transport();
    const log = await events.open('shop', ['mail']);
    const { taken } = await reading(events, 'mail', [0]);
    const segment = join(kafka['directory'], 'data', `${topic()}-0`, '00000000000000000000.log');
    const kept = await log.append(0, messages(1, 5), undefined);
    const { size } = await stat(segment);
    const lost = await log.append(0, messages(6, 9), kept);
    await until(async () => (await log.settle([{ partition: 0, position: lost }]))[0] === 'handled', 'handled');
    await kafka.kill();
    await truncate(segment, size);
    await kafka.launch();
    const other = await until(() => transport().open('shop', ['mail']), 'open');
    const elsewhere = await until(() => other.append(0, messages(101, 106), undefined), 'appended');
    await until(
      () =>
        log.append(0, [message(10)], lost).then(
          () => false,
          (error: unknown) => error instanceof Forgotten,
        ),
      'forgotten',
    );
    expect(await log.settle([{ partition: 0, position: kept }])).toEqual(['handled']);
    await until(() => log.append(0, messages(6, 10), kept), 'appended');
    await until(() => once(taken).length === 16, 'all are taken');
    await until(async () => (await log.settle([{ partition: 0, position: elsewhere }]))[0] === 'handled', 'handled');
    expect(once(taken).filter((id) => id > 100)).toEqual(numbers(101, 106));
  });

  it('find out within seconds that it hangs, and that it goes on', async () => {
    const events = transport();
    await until(() => events.status === 'connected', 'connected');
    kafka.freeze();
    try {
      await until(() => events.status === 'away', 'away');
    } finally {
      kafka.thaw();
    }
    await until(() => events.status === 'connected', 'connected');
  });
});

jest.setTimeout(90_000);
