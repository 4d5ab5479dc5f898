import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import request, { type Response } from 'supertest';
import { isMissing as brokerIsMissing, testDatabase, until } from '#kernel/testing';
import type { Topology } from '#kernel/topology';
import { topologyIn } from '../src/launch/topologies.js';
import { administrator, RunningServer, type ServerOptions } from './running-server.js';

/** A crowd waits longer than usual where it shares the two cores of a small machine, with many processes or with other tests. */
const patient = { CLEAVE_CALL_TIMEOUT_MS: '20000' };

const folder = join(import.meta.dirname, '../../../topologies');

/** The split topologies of the project, by their names. */
const splits = new Map(
  (
    await Promise.all(
      readdirSync(folder).map(async (file) => [basename(file, '.yaml'), await topologyIn(join(folder, file))] as const),
    )
  ).filter(([, { processes }]) => processes.size > 1),
);

/** Each process with contexts twice. */
const split = ([name, { file, processes }]: readonly [string, Topology]): [string, ServerOptions] => {
  const replicated = [...processes].filter(([, { contexts }]) => contexts.length > 0);
  const args = ['--topology', file!, ...replicated.flatMap(([process]) => ['--replicas', `${process}=2`])];
  return [name, { env: patient, args }];
};

/** The ways in which one shop can run. Every acceptance file runs on each, unchanged. */
const topologies: Readonly<Record<string, ServerOptions>> = {
  monolith: { env: patient },
  rehearsal: {
    env: { ...patient, CLEAVE_REHEARSAL: process.env['CLEAVE_REHEARSAL'] ?? `acceptance ${process.pid} ${Date.now()}` },
  },
  ...Object.fromEntries([...splits].map(split)),
};

/** Those that are tested now: all, or those that CLEAVE_TEST_TOPOLOGIES names. */
const chosen = Object.keys(topologies).filter(
  (name) => process.env['CLEAVE_TEST_TOPOLOGIES']?.split(',').includes(name) ?? true,
);

/** Whether this machine lacks what the topology speaks over: then it is skipped. */
export function isMissing(topology: string): boolean {
  const { calls = 'local', events = 'local' } = splits.get(topology) ?? {};
  return [calls, events].some(brokerIsMissing);
}

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
  settled: boolean;
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
  private regular: Promise<{ authorization: string }> | undefined;

  constructor(readonly server: RunningServer) {}

  get databaseUrl(): string {
    return this.server.env['DATABASE_URL']!;
  }

  get http() {
    return request(this.server.url);
  }

  admin(): Promise<{ authorization: string }> {
    return this.logIn(administrator.email, administrator.password);
  }

  /** The same one each time. */
  customer(): Promise<{ authorization: string }> {
    return (this.regular ??= this.newCustomer());
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

/**
 * The settings of a shop that the files share: an interceptor (headers.spec.ts), short waits, so that the tests need not wait
 * either, and room for all of their log-ins, which come from one address. A new key signs after eleven seconds: a process that
 * checks tokens asks for an unknown key at most once in ten, and would refuse the tokens of every file until then.
 */
const sharedEnv = {
  CLEAVE_INTERCEPTORS: join(import.meta.dirname, 'carrying.mjs'),
  CLEAVE_MAX_ATTEMPTS: '3',
  IDENTITY_KEY_LEAD: '11',
  ORDERING_COMPLETE_AFTER: '2',
  RATE_LIMIT_CREDENTIALS: '100000/60',
};

const withDatabase = (topology: string, url: string, env: Readonly<Record<string, string>>): ServerOptions => {
  const options = topologies[topology]!;
  return { ...options, env: { DATABASE_URL: url, ...options.env, ...env } };
};

/** The shop of this topology that the files share. It is not empty. */
export const sharedShop = async (topology: string): Promise<Shop> =>
  new Shop(
    await RunningServer.shared(topology, async () => withDatabase(topology, (await testDatabase()).url, sharedEnv)),
  );

/**
 * Runs the tests on every topology, in the shop that the files share, or in one of their own where they want settings of
 * their own. In a shared one they look for what they brought there themselves.
 */
export function onEveryTopology(
  name: string,
  tests: (shop: () => Shop) => void,
  env?: Readonly<Record<string, string>>,
): void {
  for (const topology of chosen)
    (isMissing(topology) ? describe.skip : describe)(`${name}, on ${topology}`, () => {
      let shop: Shop;
      let close = async () => {};
      beforeAll(async () => {
        if (!env) return void (shop = await sharedShop(topology));
        const { url, drop } = await testDatabase();
        close = drop;
        const server = await RunningServer.start(withDatabase(topology, url, env));
        close = () => server.stop().then(drop);
        shop = new Shop(server);
      }, 120_000);
      afterAll(() => close(), 60_000);
      tests(() => shop);
    });
}
