import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { testDatabase } from '#kernel/testing';
import { RunningServer } from '../running-server.js';
import { onEveryTopology, refusal, Shop } from '../shop.js';

const tooMany = '429 http.too_many_requests';
const wrong = { email: 'nobody@cleave.test', password: 'wrong' };

const logIn = (shop: Shop, from?: string, body: object = {}) =>
  shop.http
    .post('/api/v1/auth/login')
    .set(from === undefined ? {} : { 'x-forwarded-for': from })
    .send(body);
const newCart = (shop: Shop, from: string, headers = {}) =>
  shop.http
    .post('/api/v1/carts')
    .set({ 'x-forwarded-for': from, ...headers })
    .send();

onEveryTopology(
  'rate limits, behind a proxy',
  (shop) => {
    it('let so many log-ins of one address through, and say how many are left', async () => {
      const answers = [];
      for (let left = 5; left >= 0; left--) answers.push(await logIn(shop(), '203.0.113.1', wrong));
      expect(answers.map(refusal)).toEqual([...Array(5).fill('401 identity.credentials_wrong'), tooMany]);
      expect(answers.map(({ headers }) => headers['ratelimit'])).toEqual(
        [4, 3, 2, 1, 0, 0].map((left) => expect.stringMatching(new RegExp(`^"credentials";r=${left};t=\\d+$`))),
      );
      for (const { headers } of answers) expect(headers['ratelimit-policy']).toBe('"credentials";q=5;w=3600');
      const { headers, body } = answers[5]!;
      expect(headers['ratelimit']).toBe(`"credentials";r=0;t=${headers['retry-after']}`);
      expect(body.details).toEqual({ policy: 'credentials', retryAfter: Number(headers['retry-after']) });
      expect(Number(headers['retry-after'])).toBeGreaterThan(600);
      expect(refusal(await logIn(shop(), '203.0.113.2', wrong))).toBe('401 identity.credentials_wrong');
    });

    it('take the addresses of one IPv6 network for one', async () => {
      for (const host of [1, 2, 3, 4, 5]) expect((await logIn(shop(), `2001:db8:0:1::${host}`)).status).toBe(422);
      expect(refusal(await logIn(shop(), '2001:db8:0:1:ffff::1'))).toBe(tooMany);
      expect((await logIn(shop(), '2001:db8:0:2::1')).status).toBe(422);
    });

    it('count what changes something, and neither what reads nor what a provider tells', async () => {
      const from = '203.0.113.3';
      for (const left of [2, 1, 0])
        expect((await newCart(shop(), from).expect(201)).headers['ratelimit']).toMatch(`"writes";r=${left};t=`);
      expect(refusal(await newCart(shop(), from))).toBe(tooMany);
      for (const path of ['/api/v1/products', '/health/live', '/health/ready', '/.well-known/jwks.json', '/api/docs']) {
        const { status, headers } = await shop().http.get(path).set('x-forwarded-for', from);
        expect([path, status, headers['ratelimit']]).toEqual([path, 200, undefined]);
      }
      const told = await shop().http.post('/api/v1/webhooks/test').set('x-forwarded-for', from).send({});
      expect(refusal(told)).toBe('401 payments.webhook_signature_invalid');
    });

    it('count a user’s requests as the user’s, wherever they come from, and wrong tokens as their address’s', async () => {
      const from = (host: number) => `198.51.100.${host}`;
      const admin = await shop().admin();
      for (const host of [1, 2, 3]) await newCart(shop(), from(host), admin).expect(201);
      expect(refusal(await newCart(shop(), from(4), admin))).toBe(tooMany);
      await newCart(shop(), from(4)).expect(201);
      const forged = { authorization: 'Bearer forged' };
      for (const left of [1, 0]) {
        const answer = await newCart(shop(), from(4), forged);
        expect([refusal(answer), answer.headers['ratelimit']]).toEqual([
          '401 kernel.unauthenticated',
          expect.stringContaining(`r=${left};`),
        ]);
      }
      expect(refusal(await newCart(shop(), from(4), forged))).toBe(tooMany);
    });

    it('are in the documentation of all that they hold for', async () => {
      const { body } = await shop().http.get('/api/openapi.json').expect(200);
      expect(JSON.stringify(body.paths['/api/v1/carts'].post.responses['429'])).toContain('http.too_many_requests');
      expect(body.paths['/api/v1/webhooks/{provider}'].post.responses).not.toHaveProperty('429');
    });
  },
  { TRUST_PROXY: 'loopback', RATE_LIMIT_CREDENTIALS: '5/3600', RATE_LIMIT_WRITES: '3/3600' },
);

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
