/** @tag fault-injection */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { SystemClock, SystemRandomness } from '#kernel/base';
import { Forgotten } from '#kernel/core';
import { TestRedis } from '#kernel/redis/testing';
import { until } from '#kernel/testing';
import {
  appendAgain,
  itCarriesEvents,
  itSurvivesTrouble,
  message,
  messages,
  numbers,
  numbersOf,
  once,
  reading,
} from '#kernel/testing/guarantees';
import { RedisEvents, type RedisEventsOptions } from './redis-events.js';

let redis: TestRedis;
let opened: RedisEvents[] = [];
let tests = 0;
const describeOnRedis = TestRedis.isMissing ? describe.skip : describe;

beforeAll(async () => {
  Logger.overrideLogger(false);
  redis = await TestRedis.start();
});
afterAll(() => redis.stop());
beforeEach(() => {
  tests++;
});
afterEach(async () => {
  await Promise.all(opened.map((events) => events.close()));
  opened = [];
});

function transport(options: Partial<RedisEventsOptions> = {}): RedisEvents {
  const events = new RedisEvents({
    url: redis.url,
    prefix: `test-${tests}`,
    instance: 'test',
    key: 'a key that the test made up',
    clock: new SystemClock(),
    randomness: new SystemRandomness(),
    partitions: 2,
    ...options,
  });
  opened.push(events);
  return events;
}

const stream = (partition: number) => `test-${tests}:log:{shop}:${partition}`;

describeOnRedis('events over Redis', () => {
  itCarriesEvents(transport);

  it('are trimmed once every reader has passed them, and no sooner', async () => {
    const events = transport();
    const log = await events.open('shop', ['mail', 'stock']);
    let position = await log.append(0, messages(1, 25), undefined);
    for (const from of [26, 51, 76]) position = await log.append(0, messages(from, from + 24), position);
    const mail = await reading(events, 'mail', [0]);
    await until(() => mail.taken.length === 100, 'one has read them');
    await log.settle([{ partition: 0, position }]);
    expect(await redis.client.xlen(stream(0))).toBe(4);
    await reading(events, 'stock', [0]);
    await until(async () => (await log.settle([{ partition: 0, position }]))[0] === 'handled', 'handled');
    expect(await redis.client.xlen(stream(0))).toBe(1);
  });

  it('are refused where they were signed for another partition', async () => {
    const events = transport();
    const log = await events.open('shop', ['mail']);
    await log.append(0, [message(1)], undefined);
    const [[, fields]] = (await redis.client.xrange(stream(0), '-', '+')) as [[string, string[]]];
    await redis.client.xadd(stream(1), '*', ...fields);
    const { taken } = await reading(events, 'mail', [1]);
    await until(() => events.counters.forged === 1, 'refused');
    expect(taken).toEqual([]);
  });

  it('tell whether Redis writes to a file', async () => {
    expect(await transport().persistence()).toBe('kept');
  });
});

describeOnRedis('events while Redis is in trouble', () => {
  itSurvivesTrouble(transport, () => redis);

  it('are forgotten after FLUSHALL: what comes later is not appended before they are', async () => {
    const events = transport();
    const log = await events.open('shop', ['mail']);
    const position = await log.append(0, messages(1, 3), undefined);
    await redis.client.flushall();
    await expect(log.append(0, [message(4)], position)).rejects.toBeInstanceOf(Forgotten);
    expect(await log.settle([{ partition: 0, position }])).toEqual(['forgotten']);
    const { taken } = await reading(events, 'mail', [0]);
    const again = await log.append(0, messages(1, 3), undefined);
    await log.append(0, [message(4)], again);
    await until(() => taken.length === 4, 'all are taken');
    expect(numbersOf(taken)).toEqual([1, 2, 3, 4]);
  });

  it('are forgotten after FLUSHALL even where another process has made the log again and appended to it', async () => {
    const [log, other] = [await transport().open('shop', ['mail']), await transport().open('shop', ['mail'])];
    const position = await log.append(0, messages(1, 3), undefined);
    await redis.client.flushall();
    await other.append(0, [message(100)], undefined);
    await expect(log.append(0, [message(4)], position)).rejects.toBeInstanceOf(Forgotten);
    expect(await log.settle([{ partition: 0, position }])).toEqual(['forgotten']);
  });

  it('are forgotten even where the log is made again and read on while it is asked', async () => {
    const [events, other] = [transport(), transport()];
    const log = await events.open('shop', ['cart']);
    const position = await log.append(0, messages(1, 10), undefined);
    const { redis: connection } = events['commands'];
    const xinfo = connection.xinfo.bind(connection) as (...asked: unknown[]) => Promise<unknown>;
    jest.spyOn(connection, 'xinfo').mockImplementationOnce((async (...asked: unknown[]) => {
      await redis.client.flushall();
      await (await other.open('shop', ['cart'])).append(0, messages(11, 12), undefined);
      const { taken } = await reading(other, 'cart', [0]);
      await until(() => taken.length === 2, 'the new log is read');
      await until(async () => (await redis.client.xinfo('GROUPS', stream(0)))?.toString().includes(',0-0,') === false);
      return xinfo(...asked);
    }) as never);
    expect(await log.settle([{ partition: 0, position }])).toEqual(['forgotten']);
  });

  it('are forgotten where a single stream was deleted', async () => {
    const log = await transport().open('shop', ['mail']);
    const position = await log.append(0, messages(1, 3), undefined);
    await redis.client.del(stream(0));
    await expect(log.append(0, [message(4)], position)).rejects.toBeInstanceOf(Forgotten);
  });

  it('go on while readers run through FLUSHALL', async () => {
    const events = transport();
    const log = await events.open('shop', ['mail']);
    const { taken } = await reading(events, 'mail', [0]);
    await log.append(0, messages(1, 3), undefined);
    await until(() => taken.length === 3, 'taken');
    await redis.client.flushall();
    await appendAgain(log, messages(3, 6));
    await until(() => once(taken).length === 6, 'the rest is taken');
    expect(once(taken)).toEqual(numbers(1, 6));
  });

  it('come again from the beginning of what is left where a group was deleted', async () => {
    const events = transport();
    const log = await events.open('shop', ['mail']);
    const { taken } = await reading(events, 'mail', [0]);
    const position = await log.append(0, messages(1, 3), undefined);
    await until(async () => (await log.settle([{ partition: 0, position }]))[0] === 'handled', 'handled');
    await redis.client.xgroup('DESTROY', stream(0), 'mail');
    await log.append(0, messages(4, 5), position);
    await until(() => once(taken).length === 5, 'all are taken');
  });
});

jest.setTimeout(90_000);
