/** @tag fault-injection */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { SystemClock, SystemRandomness } from '#kernel/base';
import { Seal } from '#kernel/brokers';
import { NoReply } from '#kernel/core';
import { TestRedis } from '#kernel/redis/testing';
import { until } from '#kernel/testing';
import { callGuarantees, echo, expectAtMostOnce, never, request } from '#kernel/testing/guarantees';
import { RedisCalls, type RedisCallsOptions } from './redis-calls.js';

const key = 'a key that the test made up';
const clock = new SystemClock();
const randomness = new SystemRandomness();
let redis: TestRedis;
let opened: RedisCalls[] = [];
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
  await Promise.all(opened.map((calls) => calls.close()));
  opened = [];
});

/** A process on the bus of this test. */
async function process(options: Partial<RedisCallsOptions> = {}): Promise<RedisCalls> {
  const calls = new RedisCalls({
    url: redis.url,
    prefix: `test-${tests}`,
    instance: 'test',
    key,
    clock,
    randomness,
    ...options,
  });
  opened.push(calls);
  await until(() => calls.status === 'connected', 'connected');
  return calls;
}

/** Packets. */
const waitingFor = () => redis.client.llen(`test-${tests}:calls:shop`);

callGuarantees({ name: 'Redis', isMissing: TestRedis.isMissing, open: process, broker: () => redis });

describeOnRedis('calls over Redis', () => {
  it('leave in the list what a process has no room to work at, for another to take', async () => {
    const [busy, asker] = [await process({ concurrency: 2 }), await process()];
    const begun: object[] = [];
    await busy.serve('shop', ({ input }) => {
      begun.push(input);
      return never();
    });
    for (const n of [1, 2, 3, 4, 5]) void asker.call('shop', request({ n })).catch(() => undefined);
    await until(async () => begun.length === 2 && (await waitingFor()) === 1, 'two begun, three given back');
    const free = await process();
    const taken: object[] = [];
    await free.serve('shop', async ({ input }) => taken.push(input));
    await until(() => taken.length === 3, 'the other takes the rest');
    expect(begun).toHaveLength(2);
  });

  it('drop a request that comes too late', async () => {
    const owner = await process();
    const begun: object[] = [];
    const list = `test-${tests}:calls:shop`;
    const late = { id: 1, from: 'nobody', until: clock.now() - 1, ...request({ late: true }) };
    await redis.client.rpush(list, new Seal(key).seal(list, JSON.stringify([late])));
    await owner.serve('shop', async ({ input }) => begun.push(input));
    await until(() => owner.counters.expired === 1, 'dropped');
    expect(begun).toEqual([]);
  });

  it('are unavailable, surely not begun and not left lying where nobody takes them', async () => {
    const asker = await process();
    await expect(asker.call('shop', request({}, 100))).rejects.toMatchObject({
      code: 'kernel.unavailable',
      retryable: true,
    });
    expect(await waitingFor()).toBe(0);
  });

  it('are unavailable together where they left together and nobody took them', async () => {
    const asker = await process();
    const calls = [request({ n: 1 }, 100), request({ n: 2 })].map((asked) => asker.call('shop', asked));
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'kernel.unavailable' });
    expect(await waitingFor()).toBe(0);
  });

  it('have lists that expire, should the one who asked be gone', async () => {
    const asker = await process();
    for (const length of [1, 2]) {
      void asker.call('shop', request({})).catch(() => undefined);
      await until(async () => (await waitingFor()) === length, 'asked');
    }
    await until(async () => (await redis.client.pttl(`test-${tests}:calls:shop`)) > 0, 'an expiry');
  });

  it('give up a replica that died with a request in hand long before the deadline, and ask another', async () => {
    const [dying, asker] = [await process({ concurrency: 1 }), await process()];
    let begun = false;
    await dying.serve('shop', () => {
      begun = true;
      return never();
    });
    const asked = asker.call('shop', request({ n: 1 }, 4_000));
    const lost = asked.catch((error: unknown) => error);
    await until(() => begun, 'begun');
    await dying.close();
    const heir = await process();
    await heir.serve('shop', echo);
    expect(await lost).toBeInstanceOf(NoReply);
    expect(await asker.call('shop', request({ n: 1 }))).toEqual({ n: 1 });
  });

  it('refuse what was not signed with the key, and count it', async () => {
    const [owner, asker, stranger] = [await process(), await process(), await process({ key: 'another' })];
    const unsigned = await process({ key: undefined });
    const begun: object[] = [];
    await owner.serve('shop', async ({ input }) => begun.push(input));
    for (const forger of [stranger, unsigned])
      void forger.call('shop', request({ forged: true })).catch(() => undefined);
    await until(() => owner.counters.forged === 2, 'refused');
    expect(begun).toEqual([]);
    void asker.call('shop', request({ n: 1 })).catch(() => undefined);
    await until(() => begun.length === 1, 'the real one is taken');
  });

  it('refuse a request that is signed for another context', async () => {
    const [owner, asker] = [await process(), await process()];
    void asker.call('elsewhere', request({})).catch(() => undefined);
    const from = `test-${tests}:calls:elsewhere`;
    await until(() => redis.client.llen(from), 'asked');
    const sealed = await redis.client.lrange(from, 0, -1);
    await owner.serve('shop', echo);
    await redis.client.rpush(`test-${tests}:calls:shop`, ...sealed);
    await until(() => owner.counters.forged > 0, 'refused');
  });

  it('pass over what is no request, where nothing is signed', async () => {
    const [owner, asker] = [await process({ key: undefined }), await process({ key: undefined })];
    await owner.serve('shop', async () => 'served');
    const rubbish = ['null', '[null]', '[{}]', '{', '7'].map((body) => new Seal(undefined).seal('any', body));
    await redis.client.rpush(`test-${tests}:calls:shop`, ...rubbish);
    expect(await asker.call('shop', request({}))).toBe('served');
  });

  it('refuse a reply that was not signed with the key', async () => {
    const asker = await process();
    const asked = asker.call('shop', request({}, 1_000)).catch((error: unknown) => error);
    const channels = (await redis.client.pubsub('CHANNELS', `test-${tests}:replies:*`)) as string[];
    await redis.client.publish(channels[0]!, '1..0 4\ntrue');
    await until(() => asker.counters.forged === 1, 'refused');
    expect(await asked).toMatchObject({ code: 'kernel.unavailable' });
  });
});

describeOnRedis('calls while Redis is in trouble', () => {
  it('are each carried out at most once by the transport, however often connections break', async () => {
    const [owner, asker] = [await process(), await process()];
    const breakConnections = async (): Promise<void> => {
      await redis.client.client('KILL', 'TYPE', 'NORMAL', 'SKIPME', 'YES').catch(() => undefined);
      await redis.client.client('KILL', 'TYPE', 'PUBSUB').catch(() => undefined);
    };
    const isEnough = (answered: number) => answered >= 60;
    await expectAtMostOnce({ owner, asker, breakConnections, longestPauseMs: 250, isEnough });
  });

  it('go on after FLUSHALL', async () => {
    const [owner, asker] = [await process(), await process()];
    await owner.serve('shop', echo);
    await redis.client.flushall();
    expect(await asker.call('shop', request({ n: 1 }))).toEqual({ n: 1 });
  });
});

jest.setTimeout(90_000);
