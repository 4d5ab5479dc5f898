import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { testDatabase } from '#kernel/testing';
import { logIn, newCart, tooMany } from './limited-requests.js';
import { RunningServer } from './running-server.js';
import { refusal, Shop } from './shop.js';

/** One server with these settings: nothing but the edge is asked. */
function serverWith(env: Record<string, string>): () => Shop {
  let database: Awaited<ReturnType<typeof testDatabase>>;
  let shop: Shop;
  beforeAll(async () => {
    database = await testDatabase();
    const own = { DATABASE_URL: database.url, CLEAVE_CALL_TIMEOUT_MS: '20000' };
    shop = new Shop(await RunningServer.start({ env: { ...own, ...env } }));
  }, 60_000);
  afterAll(async () => {
    await shop?.server.stop();
    await database.drop();
  });
  return () => shop;
}

describe('rate limits, without a proxy', () => {
  const shop = serverWith({ RATE_LIMIT_CREDENTIALS: '5/3600' });

  it('believe nobody about an address', async () => {
    for (const host of [1, 2, 3, 4, 5]) expect((await logIn(shop(), `203.0.113.${host}`)).status).toBe(422);
    expect(refusal(await logIn(shop(), '203.0.113.6'))).toBe(tooMany);
    expect(refusal(await logIn(shop()))).toBe(tooMany);
  });

  it('are not for the machine itself, but where something could be guessed at', async () => {
    const carts = await Promise.all(Array.from({ length: 700 }, () => newCart(shop(), '203.0.113.7')));
    expect(new Set(carts.map(({ status }) => status))).toEqual(new Set([201]));
    expect(carts[0]!.headers).not.toHaveProperty('ratelimit');
  });
});

describe('rate limits, as they come', () => {
  const shop = serverWith({});

  it('let 300 log-ins of one address through at once', async () => {
    const answers = await Promise.all(Array.from({ length: 300 }, () => logIn(shop())));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([422]));
    expect(answers[0]!.headers['ratelimit-policy']).toBe('"credentials";q=300;w=60');
  });
});

describe('rate limits that are off', () => {
  const shop = serverWith({ RATE_LIMIT: 'off', RATE_LIMIT_CREDENTIALS: '1/3600' });

  it('limit nothing and say nothing', async () => {
    for (const time of [1, 2, 3]) {
      const { status, headers } = await logIn(shop());
      expect([time, status, headers['ratelimit']]).toEqual([time, 422, undefined]);
    }
  });
});
