import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { globSync } from 'node:fs';
import { beforeAll, expect, it } from '@jest/globals';
import { JwtService } from '@nestjs/jwt';
import type { Response } from 'supertest';
import { until } from '#kernel/testing';
import { administrator } from '../running-server.js';
import { address, newKey, onEveryTopology, refusal, type Shop } from '../shop.js';
import {
  admins,
  anyone,
  type Headers,
  type Line,
  members,
  type Owner,
  owners,
  type Resource,
  unauthenticated,
  uuid,
  type Who,
} from './access-lines.js';
import { DocumentedApi } from './documented-api.js';

const cartOf = async (shop: Shop, owner: Owner, headers: Headers): Promise<Resource> => {
  const { id, token } = (await shop.http.post('/api/v1/carts').set(headers).expect(201)).body as Record<string, string>;
  const own: Headers = owner === 'guest' ? { 'x-cart-token': token! } : headers;
  await shop.http.put(`/api/v1/carts/${id}/items/ACCESS`).set(own).send({ quantity: 1 }).expect(200);
  return { values: { id: id! }, headers: own };
};

const orderOf = async (shop: Shop, owner: Owner, headers: Headers): Promise<Resource> => {
  const cart = await cartOf(shop, owner, headers);
  const { body } = await shop.http
    .post(`/api/v1/carts/${cart.values['id']}/checkout`)
    .set({ ...cart.headers, 'idempotency-key': newKey() })
    .send(checkout)
    .expect(202);
  const { orderId: id } = body as { orderId: string };
  await shop.http.get(`/api/v1/orders/${id}?wait=20`).set(cart.headers).expect(200);
  return { values: { id }, headers: cart.headers };
};

const checkout = { email: 'ada@example.com', shippingAddress: address, payment: { provider: 'test', token: 'tok_ok' } };
const csv =
  'Handle,Title,Published,Variant SKU,Variant Inventory Qty,Variant Price\naccess,A tent,true,ACCESS,1000,1.00\n';
const product = (number: number) => ({
  title: `Product ${number}`,
  variants: [{ sku: `NEW-${newKey()}`, price: { amount: 100, currency: 'EUR' } }],
});
const access = { values: { idOrHandle: 'access' } };

/** What the operations of generated contexts answer stands in files of their own. */
const ofContexts = globSync('access/*.ts', { cwd: import.meta.dirname }).map(
  async (file) => ((await import(`./${file}`)) as { default: Record<string, Line> }).default,
);

/** Every operation of the API, and what it answers to whom. */
const table: Readonly<Record<string, Line>> = {
  // identity
  register: anyone(201, () => ({ body: { email: `${newKey()}@example.com`, password: 'three warm bags', name: 'A' } })),
  logIn: anyone(200, { body: administrator }),
  refresh: anyone('401 identity.refresh_token_invalid', { body: { refreshToken: 'unknown' } }),
  logOut: anyone(204, { body: { refreshToken: 'unknown' } }),
  getJwks: anyone(200),
  getMe: members(200),
  rotateSigningKey: admins(201),

  // catalog
  importProducts: admins(200, { body: csv }),
  createProduct: admins(201, (number) => ({ body: product(number) })),
  editProduct: admins(200, { ...access, body: { vendor: 'Northward' } }),
  archiveProduct: admins(200, access),
  publishProduct: admins(200, access),
  listProducts: anyone(200),
  listCategories: anyone(200),
  getProduct: anyone(200, access),

  // inventory
  getStock: anyone(200, { values: { sku: 'ACCESS' } }),
  setStock: admins(200, { values: { sku: 'ACCESS' }, body: { onHand: 1_000 } }),

  // cart
  createCart: anyone(201),
  getCart: owners(cartOf, 200, '404 cart.not_found'),
  setCartItem: owners(cartOf, 200, '404 cart.not_found', { values: { sku: 'ACCESS' }, body: { quantity: 2 } }),
  removeCartItem: owners(cartOf, 200, '404 cart.not_found', { values: { sku: 'ACCESS' } }),
  claimCart: members('404 cart.not_found', { values: { id: uuid } }),

  // ordering
  placeOrder: owners(cartOf, 202, '404 cart.not_found', { body: checkout }),
  listOrders: members(200),
  getOrder: owners(orderOf, 200, '404 ordering.order_not_found', { admin: 200 }),
  cancelOrder: owners(orderOf, 202, '404 ordering.order_not_found', { admin: 202 }),
  shipOrder: admins('404 ordering.order_not_found', { values: { id: uuid } }),

  // payments
  getOrderPayment: owners(orderOf, 200, '404 payments.payment_not_found', { admin: 200 }),
  refundPayment: admins('404 payments.payment_not_found', {
    values: { id: uuid },
    body: { amount: { amount: 1, currency: 'EUR' } },
  }),
  receiveWebhook: anyone('401 payments.webhook_signature_invalid', { values: { provider: 'test' }, body: {} }),

  // operations
  listDeadLetters: admins(200),
  redriveDeadLetter: admins('404 operations.dead_letter_not_found', { values: { id: uuid } }),
  discardDeadLetter: admins('404 operations.dead_letter_not_found', { values: { id: uuid } }),
  replayMessages: admins('404 operations.context_not_found', {
    values: { context: 'nobody' },
    body: { since: '2026-01-31T12:00:00.000Z' },
  }),
  getFlow: admins('404 operations.flow_not_found', { values: { correlationId: '4bf92f3577b34da6a3ce929d0e0e4736' } }),

  ...(Object.assign({}, ...(await Promise.all(ofContexts))) as Record<string, Line>),
};

const lines = Object.entries(table);
const owned = lines.flatMap(([id, { of, ...rest }]) => (of ? [{ id, of, ...rest }] : []));
const open = lines.flatMap(([id, { of, ...rest }]) => (of ? [] : [{ id, ...rest }]));

onEveryTopology('access', (shop) => {
  let api: DocumentedApi;
  let known: [Who, Headers][];

  beforeAll(async () => {
    api = await DocumentedApi.of(shop());
    await shop().import(csv);
    await until(async () => (await shop().http.get('/api/v1/stock/ACCESS')).status === 200);
    const guest = async () => ({ 'x-cart-token': (await shop().cartWith({})).token });
    known = [
      ['anonymous', {}],
      ['guest', await guest()],
      ['stranger', await guest()],
      ['admin', await shop().admin()],
      ['customer', await shop().customer()],
      ['other', await shop().newCustomer()],
    ];
  }, 30_000);

  let sent = 0;
  async function answer(id: string, headers: object, request: Line['request'], values = {}): Promise<Response> {
    const { body, values: own, query = '' } = request(sent++);
    const operation = api.operations.find((one) => one.id === id)!;
    const names: Record<string, string> = { ...values, ...own };
    const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(names[name]!));
    const keyed = operation.parameters.some(({ name, required }) => name === 'Idempotency-Key' && required);
    const test = shop()
      .http[operation.method](path + query)
      .set({ ...(keyed ? { 'idempotency-key': newKey() } : {}), ...headers });
    if (typeof body === 'string') return test.type('text/csv').send(body);
    return test.send(body ?? (operation.schema && api.sample(operation.schema)));
  }
  const inShort = (response: Response) => (response.status < 400 ? response.status : refusal(response));

  it('is laid down for every operation', () => {
    const ids = api.operations.map(({ id }) => id).toSorted();
    expect(lines.map(([id]) => id).toSorted()).toEqual(ids);
  });

  it.each(open)('to $id is for those in the table', async ({ id, answers, request }) => {
    const answered: Record<string, unknown> = {};
    for (const [who, headers] of known) answered[who] = inShort(await answer(id, headers, request));
    expect(answered).toEqual(Object.fromEntries(known.map(([who]) => [who, answers[who]])));
  });

  it.each(owned)('to $id is for the owner, and for nobody else but those in the table', async (owns) => {
    const { id, of, answers, request } = owns;
    for (const owner of ['guest', 'customer'] as const) {
      const account = owner === 'customer' ? await shop().customer() : {};
      const { values, headers: own } = await of(shop(), owner, account);
      const others = known.filter(([who]) => who !== owner);
      const answered: Record<string, unknown> = { owner };
      for (const [who, headers] of others) answered[who] = inShort(await answer(id, headers, request, values));
      answered[owner] = inShort(await answer(id, own, request, values)); // last: what is done then cannot be done again
      const expected = others.map(([who]) => [who, who === 'admin' ? answers.admin : answers.anonymous]);
      expect(answered).toEqual({ owner, ...Object.fromEntries(expected), [owner]: answers[owner] });
    }
  });

  it('is nobody’s with a token that was tampered with, also where none is needed', async () => {
    const token = (await shop().admin()).authorization.slice('Bearer '.length);
    const parts = token.split('.');
    const changed = parts.map((part, at) => {
      const middle = part.length >> 1;
      const other = part[middle] === 'A' ? 'B' : 'A';
      return parts.with(at, part.slice(0, middle) + other + part.slice(middle + 1)).join('.');
    });
    const jwt = new JwtService();
    const claims = jwt.decode<Record<string, unknown>>(token);
    const [key] = (await shop().http.get('/.well-known/jwks.json').expect(200)).body.keys as (JsonWebKey & {
      kid: string;
    })[];
    const publicKey = createPublicKey({ key: key!, format: 'jwk' });
    const hs256 = (secret: string | Buffer) => jwt.sign(claims, { algorithm: 'HS256', keyid: key!.kid, secret });
    const wrong: Record<string, string[]> = {
      'a changed header': [changed[0]!],
      'changed claims': [changed[1]!],
      'a changed signature': [changed[2]!],
      'the public key as PEM for a secret': [hs256(publicKey.export({ type: 'spki', format: 'pem' }))],
      'the public key as DER for a secret': [hs256(publicKey.export({ type: 'spki', format: 'der' }))],
      'another behind it': [`${token} ${token}`],
      'another in a list': [`${token}, Bearer ${token}`],
      'another in a header of its own': [token, token],
    };
    const operations = ['setStock', 'getCart', 'getProduct', 'logIn', 'receiveWebhook'];
    const values = { sku: 'ACCESS', id: uuid, idOrHandle: 'access', provider: 'test' };
    const answers: string[] = [];
    for (const id of operations) {
      for (const [what, tokens] of Object.entries(wrong)) {
        const bearers = tokens.map((text) => `Bearer ${text}`);
        const response = await answer(id, { authorization: bearers }, table[id]!.request, values);
        answers.push(`${id} with ${what}: ${refusal(response)}, ${response.headers['www-authenticate']}`);
      }
    }
    expect(answers).toEqual(
      operations.flatMap((id) =>
        Object.keys(wrong).map((what) => `${id} with ${what}: ${unauthenticated}, Bearer error="invalid_token"`),
      ),
    );
  });
});
