import { expect, it } from '@jest/globals';
import { logIn, newCart, tooMany } from '../limited-requests.js';
import { onEveryTopology, refusal } from '../shop.js';

const wrong = { email: 'nobody@cleave.test', password: 'wrong' };

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
