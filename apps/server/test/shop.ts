import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import request, { type Response } from 'supertest';
import { testDatabase, until } from '#kernel/testing';
import { RunningServer } from './running-server.js';

/** The ways in which one shop can run. Every acceptance file runs on each, unchanged. */
const topologies: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  monolith: {},
  rehearsal: { CLEAVE_REHEARSAL: process.env['CLEAVE_REHEARSAL'] ?? `acceptance ${process.pid} ${Date.now()}` },
};

export interface Money {
  amount: number;
  currency: string;
}

export interface OrderAnswer {
  id: string;
  number: string;
  status: string;
  lines: { sku: string; title: string; quantity: number; unitPrice: Money; lineTotal: Money }[];
  total: Money;
  payment: { id: string; status: string; nextAction?: { url: string } };
  missing: { sku: string; requested: number; available: number }[];
  history: { at: string; status: string; reason: string | null }[];
}

export interface ImportReport {
  created: number;
  updated: number;
  unchanged: number;
  rejected: { line: number; code: string; message: string }[];
  rejectedCount: number;
}

export const address = { name: 'Ada Lovelace', line1: 'Hauptstr. 1', city: 'Ulm', postalCode: '89073', country: 'DE' };

let keys = 0;
/** An idempotency key that nobody has used. */
export const newKey = (): string => `key-${process.pid}-${Date.now()}-${keys++}`;

/** An error in short, `422 kernel.invalid_input /email`. Fails where it is not told as every error is: in problem details (RFC 9457). */
export function refusal({ status, headers, body }: Response): string {
  const { code, errors = [] } = body as { code: string; errors?: { pointer: string; detail: string }[] };
  const short = [status, code, ...new Set(errors.map(({ pointer }) => pointer))].join(' ');
  expect(headers).toMatchObject({
    'content-type': expect.stringMatching(/^application\/problem\+json/),
    'x-content-type-options': 'nosniff',
    ...(status === 401 ? { 'www-authenticate': expect.stringMatching(/^Bearer/) } : {}),
  });
  expect(body).toMatchObject({
    type: `urn:cleave:error:${code}`,
    title: expect.stringMatching(/./),
    status,
    detail: expect.stringMatching(/./),
    traceId: headers['x-request-id'],
  });
  return short;
}

/** A shop as its clients see it: over HTTP, and nothing else. */
export class Shop {
  private readonly authorizations = new Map<string, string>();

  constructor(
    readonly server: RunningServer,
    readonly databaseUrl = '',
  ) {}

  get http() {
    return request(this.server.url);
  }

  admin(): Promise<{ authorization: string }> {
    return this.logIn('admin@cleave.test', 'cleave-admin-1');
  }

  customer(): Promise<{ authorization: string }> {
    return this.logIn('customer@cleave.test', 'cleave-customer-1');
  }

  /** Somebody who has just opened an account. */
  async newCustomer(): Promise<{ authorization: string }> {
    const [email, password] = [`${newKey()}@example.com`, 'three warm sleeping bags'];
    await this.http.post('/api/v1/auth/register').send({ email, password, name: 'Grace Hopper' }).expect(201);
    return this.logIn(email, password);
  }

  /** Logs in, once for each account. */
  private async logIn(email: string, password: string): Promise<{ authorization: string }> {
    let authorization = this.authorizations.get(email);
    if (!authorization) {
      const { body } = await this.http.post('/api/v1/auth/login').send({ email, password }).expect(200);
      authorization = `Bearer ${(body as { accessToken: string }).accessToken}`;
      this.authorizations.set(email, authorization);
    }
    return { authorization };
  }

  /** Imports a product of one variant at 12.50, with so many pieces, and waits until its stock is known. */
  async sell(sku: string, pieces: number, price = '12.50'): Promise<void> {
    const csv = `Handle,Title,Body (HTML),Vendor,Published,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Qty,Variant Price\n${sku.toLowerCase()},${sku} title,,Test,true,Title,Default Title,${sku},${pieces},${price}\n`;
    await this.import(csv);
    await until(async () => (await this.http.get(`/api/v1/stock/${sku}`)).status === 200, `stock of ${sku}`);
  }

  /** Imports a product CSV as the admin. */
  async import(csv: string | Buffer): Promise<ImportReport> {
    return (
      await this.http
        .post('/api/v1/products/import')
        .set(await this.admin())
        .set('content-type', 'text/csv')
        .send(csv)
        .expect(200)
    ).body as ImportReport;
  }

  async stock(sku: string): Promise<{ onHand: number; reserved: number; available: number }> {
    return (await this.http.get(`/api/v1/stock/${sku}`).expect(200)).body as never;
  }

  async cartWith(items: Record<string, number>): Promise<{ id: string; token: string }> {
    const cart = (await this.http.post('/api/v1/carts').expect(201)).body as { id: string; token: string };
    for (const [sku, quantity] of Object.entries(items)) {
      await this.http
        .put(`/api/v1/carts/${cart.id}/items/${encodeURIComponent(sku)}`)
        .set('x-cart-token', cart.token)
        .send({ quantity })
        .expect(200);
    }
    return cart;
  }

  checkout(cart: { id: string; token: string }, token: string, key = newKey()) {
    return this.http
      .post(`/api/v1/carts/${cart.id}/checkout`)
      .set({ 'x-cart-token': cart.token, 'idempotency-key': key })
      .send({ email: 'ada@example.com', shippingAddress: address, payment: { provider: 'test', token } });
  }

  /** Buys as a guest; answers the order when nothing but time or a person can change it. */
  async buy(
    items: Record<string, number>,
    token: string,
    wait = 20,
  ): Promise<{ cart: { id: string; token: string }; order: OrderAnswer }> {
    const cart = await this.cartWith(items);
    const { body } = await this.checkout(cart, token).expect(202);
    return { cart, order: await this.order((body as { orderId: string }).orderId, cart, wait) };
  }

  async order(id: string, cart: { token: string }, wait = 0): Promise<OrderAnswer> {
    return (
      await this.http
        .get(`/api/v1/orders/${id}${wait ? `?wait=${wait}` : ''}`)
        .set('x-cart-token', cart.token)
        .expect(200)
    ).body as OrderAnswer;
  }
}

/** Runs the tests on every topology: a server of its own on a database of its own for each. */
export function onEveryTopology(
  name: string,
  tests: (shop: () => Shop) => void,
  env: Readonly<Record<string, string>> = {},
): void {
  describe.each(Object.entries(topologies))(`${name}, on %s`, (_, topology) => {
    let shop: Shop;
    let database: Awaited<ReturnType<typeof testDatabase>>;
    beforeAll(async () => {
      database = await testDatabase();
      shop = new Shop(
        await RunningServer.start({ env: { DATABASE_URL: database.url, CLEAVE_DEMO: 'off', ...topology, ...env } }),
        database.url,
      );
    }, 60_000);
    afterAll(async () => {
      await shop?.server.stop();
      await database.drop();
    });
    tests(() => shop);
  });
}
