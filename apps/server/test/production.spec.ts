import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { testDatabase } from '#kernel/testing';
import { lastWords } from './last-words.js';
import { RunningServer } from './running-server.js';
import { refusal, Shop } from './shop.js';

const cli = join(import.meta.dirname, '../../../dist/apps/cli/src/main.js');
const demo = { email: 'admin@cleave.test', password: 'cleave-admin-1' };

describe('a shop in production that has no payment provider', () => {
  let database: Awaited<ReturnType<typeof testDatabase>>;
  let shop: Shop;
  beforeAll(async () => {
    database = await testDatabase();
    shop = new Shop(await RunningServer.start({ env: { NODE_ENV: 'production', DATABASE_URL: database.url } }));
  }, 60_000);
  afterAll(async () => {
    await shop?.server.stop();
    await database.drop();
  });

  it('says so at boot, and takes no order, whatever a forged webhook tells', async () => {
    expect(shop.server.output).toContain('There is no payment provider');
    await shop.sell('GOLD-1', 10, '60000.00');
    const cart = await shop.cartWith({ 'GOLD-1': 1 });
    expect(refusal(await shop.checkout(cart, 'tok_ok'))).toBe('409 ordering.no_payment_provider');
    const payment = { reference: '0199f3a2-9b41-7c52-a1d3-5e8f70b6c214', status: 'captured' };
    const body = JSON.stringify({ id: 'evt-1', data: { payment } });
    const timestamp = String(Math.floor(Date.now() / 1_000));
    // The secret that stood in the source, once.
    const signature = createHmac('sha256', 'test-provider-secret')
      .update(`msg-1.${timestamp}.${body}`)
      .digest('base64');
    const forged = shop.http
      .post('/api/v1/webhooks/test')
      .set({
        'content-type': 'application/json',
        'webhook-id': 'msg-1',
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1,${signature}`,
      })
      .send(body);
    expect(refusal(await forged)).toBe('404 payments.provider_not_found');
  });

  it('does everything else', async () => {
    await shop.sell('SILVER-1', 3);
    const { body } = await shop.http.get('/api/v1/products?q=SILVER-1').expect(200);
    expect(body.items.map(({ handle }: { handle: string }) => handle)).toContain('silver-1');
    expect(await shop.stock('SILVER-1')).toMatchObject({ available: 3 });
    await shop.http
      .get('/api/v1/me')
      .set(await shop.newCustomer())
      .expect(200);
  });

  it('knows no demo account', async () => {
    expect(refusal(await shop.http.post('/api/v1/auth/login').send(demo))).toBe('401 identity.credentials_wrong');
  });
});

describe('a database that was a demo', () => {
  it('starts no shop in production until the demo’s accounts are deleted', async () => {
    const laptop = await RunningServer.start({ env: { IDENTITY_ADMIN_EMAIL: '', IDENTITY_ADMIN_PASSWORD: '' } });
    try {
      const { ports } = (await laptop.processes()).find(({ name }) => name === 'postgres')!;
      const password = (await readFile(join(laptop.dataDir, 'postgres.password'), 'utf8')).trim();
      const env = {
        NODE_ENV: 'production',
        DATABASE_URL: `postgres://postgres:${password}@127.0.0.1:${ports['postgres']}/cleave`,
      };
      expect(await lastWords(env)).toMatch(
        /^Wrong settings:\n {2}NODE_ENV=production: .*admin@cleave\.test and customer@cleave\.test\. End them: npx cleave demo end\n.*\n$/,
      );
      const end = async () => (await promisify(execFile)(process.execPath, [cli, 'demo', 'end'], { env })).stdout;
      expect(await end()).toBe('Deleted: admin@cleave.test, customer@cleave.test\n');
      expect(await end()).toBe('There are no demo accounts.\n');
      const shop = new Shop(await RunningServer.start({ env }));
      try {
        expect(refusal(await shop.http.post('/api/v1/auth/login').send(demo))).toBe('401 identity.credentials_wrong');
        await shop.sell('OWN-1', 1);
      } finally {
        await shop.server.stop();
      }
    } finally {
      await laptop.stop();
    }
  }, 120_000);

  it('brings no demo to a database of one’s own, and says why where it is asked for', async () => {
    const database = await testDatabase();
    const env = { DATABASE_URL: database.url, TEST_PROVIDER_URL: 'http://127.0.0.1:1', TEST_PROVIDER_SECRET: 'any' };
    try {
      expect(await lastWords({ ...env, CLEAVE_DEMO: 'on' })).toMatch(/CLEAVE_DEMO=on: .*needs the embedded database/);
      expect(await lastWords({ DATABASE_URL: database.url, NODE_ENV: 'production', CLEAVE_DEMO: 'on' })).toMatch(
        /CLEAVE_DEMO=on: there is no demo in production/,
      );
      expect(await lastWords({ ...env, NODE_ENV: 'production' })).toMatch(/no test payment provider in production/);
      const shop = new Shop(await RunningServer.start({ env }));
      try {
        expect(refusal(await shop.http.post('/api/v1/auth/login').send(demo))).toBe('401 identity.credentials_wrong');
        expect((await shop.http.get('/api/v1/products')).body.items).toEqual([]);
        expect(shop.server.output).not.toContain(demo.password);
      } finally {
        await shop.server.stop();
      }
    } finally {
      await database.drop();
    }
  }, 120_000);
});
