import { expect, it } from '@jest/globals';
import { until } from '#kernel/testing';
import { address, newKey, onEveryTopology, type Shop, sharedShop } from '../shop.js';

/** Answers as their bytes, with what differs from visit to visit masked: ids by their order of appearance, instants, tokens, names. */
type Transcript = Record<string, string>;

const UUID = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g;
const TRACE = /\b[0-9a-f]{32}\b/g;
const INSTANT = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g;
const SECRET = /"(accessToken|refreshToken|token|kid|n|number|nextCursor)":"[^"]+"/g;
/** Of a payment's history: who was first with the news, the provider's answer or its webhook. */
const FIRST = /\{"at":"<instant>","type":"(?:heard_early|capture_requested)"\},/g;
/** About the connection and the moment, not the answer. */
const PASSING = new Set([
  'date',
  'connection',
  'keep-alive',
  'x-request-id',
  'content-length',
  'etag',
  'ratelimit',
  'ratelimit-reset',
]);

class Recorder {
  readonly transcript: Transcript = {};
  private readonly ids = new Map<string, string>();

  constructor(
    private readonly shop: Shop,
    private readonly name: string,
  ) {}

  async ask<Answer>(
    what: string,
    method: string,
    path: string,
    { headers = {}, body }: { headers?: Record<string, string>; body?: unknown } = {},
  ): Promise<Answer> {
    const text = typeof body === 'string';
    const response = await fetch(`${this.shop.server.url}${path}`, {
      method,
      headers: { ...(body !== undefined && !text ? { 'content-type': 'application/json' } : {}), ...headers },
      ...(body === undefined ? {} : { body: text ? body : JSON.stringify(body) }),
    });
    const bytes = await response.text();
    const told = [...response.headers]
      .filter(([name]) => !PASSING.has(name))
      .map(([name, value]) => `${name}: ${value}`);
    this.transcript[what] = this.masked([String(response.status), ...told.toSorted(), '', bytes].join('\n'));
    return (bytes.startsWith('{') ? JSON.parse(bytes) : bytes) as Answer;
  }

  private masked(text: string): string {
    return text
      .replaceAll(new RegExp(this.name, 'gi'), '<name>')
      .replaceAll(SECRET, '"$1":"…"')
      .replaceAll(UUID, (id) => this.nameOf(id))
      .replaceAll(TRACE, (id) => this.nameOf(id))
      .replaceAll(INSTANT, '<instant>')
      .replaceAll(FIRST, '');
  }

  private nameOf(id: string): string {
    const name = this.ids.get(id) ?? `<id ${this.ids.size + 1}>`;
    this.ids.set(id, name);
    return name;
  }
}

let visits = 0;

/** The same visit to each shop: what sells, a checkout, and most ways to be refused. */
async function visit(shop: Shop): Promise<Transcript> {
  const name = `visit${process.pid}n${visits++}`;
  const sku = name.toUpperCase();
  const recorder = new Recorder(shop, name);
  const ask = recorder.ask.bind(recorder);
  await ask('document', 'GET', '/api/openapi.json');
  const admin = await shop.admin();
  await shop.sell(sku, 5);
  await until(async () => {
    const { body } = await shop.http.get(`/api/v1/products?query=${name}`);
    return (body as { items: { variants: { available: boolean }[] }[] }).items[0]?.variants[0]?.available === true;
  }, 'the catalogue knows the stock');
  const page = `/api/v1/products?query=${name}&limit=5`;
  const { items } = await ask<{ items: { id: string }[] }>('a page of products', 'GET', page);
  await ask('a product', 'GET', `/api/v1/products/${items[0]!.id}`);
  await ask('no product', 'GET', '/api/v1/products/0198c1de-0000-7000-8000-000000000000');
  await ask('no uuid', 'GET', `/api/v1/products/${name}-mug`);
  await ask('a wrong cursor', 'GET', '/api/v1/products?cursor=x&limit=1000');
  await ask('a new product', 'POST', '/api/v1/products', {
    headers: admin,
    body: { title: `${name} mug`, variants: [{ sku: `${sku}-MUG`, price: { amount: 900, currency: 'EUR' } }] },
  });
  await ask('a product by nobody', 'POST', '/api/v1/products', { body: { title: 'Mug', variants: [] } });
  await ask('a wrong token', 'GET', '/api/v1/me', { headers: { authorization: 'Bearer x.y.z' } });
  await ask('broken JSON', 'POST', '/api/v1/carts', { headers: { 'content-type': 'application/json' }, body: '{"a":' });
  await ask('a wrong log-in', 'POST', '/api/v1/auth/login', {
    body: { email: 'nobody@example.com', password: 'wrong wrong' },
  });
  await ask('who I am', 'GET', '/api/v1/me', { headers: admin });
  await ask('an import', 'POST', '/api/v1/products/import', {
    headers: { ...admin, 'content-type': 'text/csv' },
    body: `Handle,Title,Variant SKU,Variant Price\n${name}-lamp,Lamp,${sku}-LAMP,abc\n${name}-cup,Cup,${sku}-CUP,3.50\n`,
  });
  const cart = await ask<{ id: string; token: string }>('a cart', 'POST', '/api/v1/carts');
  const guest = { 'x-cart-token': cart.token };
  const item = `/api/v1/carts/${cart.id}/items`;
  await ask('an item', 'PUT', `${item}/${sku}`, { headers: guest, body: { quantity: 2 } });
  await ask('an unknown item', 'PUT', `${item}/NOTHING`, { headers: guest, body: { quantity: 1 } });
  await ask('a wrong quantity', 'PUT', `${item}/${sku}`, { headers: guest, body: { quantity: -1 } });
  await ask("somebody else's cart", 'GET', `/api/v1/carts/${cart.id}`, { headers: { 'x-cart-token': 'not mine' } });
  const checkout = {
    headers: { ...guest, 'idempotency-key': newKey() },
    body: { email: 'ada@example.com', shippingAddress: address, payment: { provider: 'test', token: 'tok_ok' } },
  };
  const path = `/api/v1/carts/${cart.id}/checkout`;
  const { orderId } = await ask<{ orderId: string }>('a checkout', 'POST', path, checkout);
  await ask('its repeat', 'POST', path, checkout);
  await ask('another body under its key', 'POST', path, {
    ...checkout,
    body: { ...checkout.body, email: 'b@example.com' },
  });
  await ask('a second checkout', 'POST', path, { ...checkout, headers: { ...guest, 'idempotency-key': newKey() } });
  await shop.order(orderId, cart, 20);
  await until(async () => (await shop.order(orderId, cart)).payment.status === 'captured', 'the payment is captured');
  await ask('the order', 'GET', `/api/v1/orders/${orderId}`, { headers: guest });
  const payment = await ask<{ id: string }>('its payment', 'GET', `/api/v1/orders/${orderId}/payment`, {
    headers: guest,
  });
  await ask('too large a refund', 'POST', `/api/v1/payments/${payment.id}/refunds`, {
    headers: { ...admin, 'idempotency-key': newKey() },
    body: { amount: { amount: 999_999, currency: 'EUR' } },
  });
  await ask('a cancellation by nobody', 'POST', `/api/v1/orders/${orderId}/cancel`);
  await ask('a stock', 'GET', `/api/v1/stock/${sku}`);
  await ask('no dead letters', 'GET', '/api/v1/admin/dead-letters?context=identity', { headers: admin });
  await ask('no route', 'GET', '/api/v1/nothing');
  await ask('no method', 'DELETE', '/api/v1/products');
  return recorder.transcript;
}

onEveryTopology('every topology', (shop) => {
  it('answers byte for byte what the monolith answers', async () => {
    const [ours, expected] = [await visit(shop()), await visit(await sharedShop('monolith'))];
    expect(Object.keys(expected).length).toBeGreaterThanOrEqual(30);
    expect(ours).toEqual(expected);
  }, 120_000);
});
