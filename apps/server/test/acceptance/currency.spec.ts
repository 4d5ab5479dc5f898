import { beforeAll, expect, it } from '@jest/globals';
import pg from 'pg';
import { until } from '#kernel/testing';
import { type Money, onEveryTopology, refusal, type Shop } from '../shop.js';

const money = (amount: number, currency: string): Money => ({ amount, currency });
const ndjson = 'application/x-ndjson';

onEveryTopology('the currency of the shop', (shop) => {
  let admin: { authorization: string };
  beforeAll(async () => {
    admin = await shop().admin();
  });
  const post = (body: object) => shop().http.post('/api/v1/products').set(admin).send(body);
  const patch = (product: string, body: object) =>
    shop().http.patch(`/api/v1/products/${product}`).set(admin).send(body);
  const show = async (product: string) => (await shop().http.get(`/api/v1/products/${product}`).expect(200)).body;
  const report = async (type: string, file: string) =>
    (await shop().http.post('/api/v1/products/import').set(admin).set('content-type', type).send(file).expect(200))
      .body;
  const cartOf = async ({ id, token }: { id: string; token: string }) =>
    (await shop().http.get(`/api/v1/carts/${id}`).set('x-cart-token', token).expect(200)).body;
  const differs = (...pointers: string[]) => ({
    currency: 'EUR',
    problems: pointers.map((pointer) => ({ pointer, message: 'The prices of this shop are in EUR' })),
  });

  it('is that of every product which is made: no total of two can be formed', async () => {
    await post({ title: 'Currency A', variants: [{ sku: 'CUR-A', price: money(3_000, 'EUR') }] }).expect(201);
    for (const currency of ['USD', 'JPY', 'ZZZ']) {
      const refused = await post({ title: 'Currency B', variants: [{ sku: 'CUR-B', price: money(1_400, currency) }] });
      expect(refusal(refused)).toBe('422 catalog.currency_differs');
      expect(refused.body.details).toEqual(differs('/variants/0/price'));
    }
    const mixed = await post({
      title: 'Currency C',
      options: [{ name: 'Size', values: ['S', 'M'] }],
      variants: [
        { sku: 'CUR-C-S', options: ['S'], price: money(100, 'EUR') },
        { sku: 'CUR-C-M', options: ['M'], price: money(100, 'EUR'), compareAtPrice: money(200, 'USD') },
      ],
    });
    expect(refusal(mixed)).toBe('422 catalog.currency_differs');
    expect(mixed.body.details).toEqual(differs('/variants/1/compareAtPrice'));
  });

  it('stays that of a product which is changed', async () => {
    const variants = [{ sku: 'CUR-P', price: money(3_000, 'EUR') }];
    const { body: product } = await post({ title: 'Currency P', variants }).expect(201);
    for (const [change, pointer] of [
      [{ price: money(1_400, 'USD') }, '/variants/0/price'],
      [{ compareAtPrice: money(4_000, 'JPY') }, '/variants/0/compareAtPrice'],
    ] as const) {
      const refused = await patch(product.id, { variants: [{ ...variants[0], ...change }] });
      expect(refusal(refused)).toBe('422 catalog.currency_differs');
      expect(refused.body.details).toEqual(differs(pointer));
    }
    await patch(product.id, { variants: [{ sku: 'CUR-P', price: money(2_500, 'EUR') }] }).expect(200);
  });

  it('is that of every file: a line in another one is rejected, and says where', async () => {
    const line = (title: string, price: Money, compareAtPrice?: Money) =>
      JSON.stringify({ title, variants: [{ price, ...(compareAtPrice && { compareAtPrice }) }] });
    const lines = [
      line('Currency line 1', money(100, 'EUR')),
      line('Currency line 2', money(100, 'USD')),
      line('Currency line 3', money(100, 'EUR'), money(200, 'USD')),
    ];
    const rejected = { code: 'catalog.import.currency_differs', message: 'The prices of this shop are in EUR' };
    expect(await report(ndjson, lines.join('\n'))).toEqual({
      created: 1,
      updated: 0,
      unchanged: 0,
      rejected: [
        { line: 2, ...rejected, pointer: '/variants/0/price' },
        { line: 3, ...rejected, pointer: '/variants/0/compareAtPrice' },
      ],
      rejectedCount: 2,
    });
    expect(await report('text/csv', 'Handle,Title,Variant Price\ncurrency-row,Currency row,12.50\n')).toMatchObject({
      created: 1,
    });
    expect((await show('currency-row')).variants[0].price).toEqual(money(1_250, 'EUR'));
  });

  /** As a version before took it: in another currency, behind the shop's back. */
  async function reprice({ databaseUrl }: Shop, sku: string, from: string, to: string): Promise<void> {
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    try {
      await client.query(`update catalog.variant set price_currency = $2 where sku = $1`, [sku, to]);
      await client.query(
        `update catalog.product set document = replace(document::text, $2, $3)::json
         where id = (select product_id from catalog.variant where sku = $1)`,
        [sku, `"${from}"`, `"${to}"`],
      );
    } finally {
      await client.end();
    }
  }

  it('is that of a cart and of its order: what is priced in another one counts for nothing and cannot be bought', async () => {
    await shop().sell('CUR-OLD', 5, '14.00');
    await shop().sell('CUR-NEW', 5, '30.00');
    const cart = await shop().cartWith({ 'CUR-OLD': 1, 'CUR-NEW': 1 });
    await reprice(shop(), 'CUR-OLD', 'EUR', 'USD');

    expect(await cartOf(cart)).toMatchObject({
      currency: 'EUR',
      total: money(3_000, 'EUR'),
      lines: [
        { sku: 'CUR-OLD', available: false, lineTotal: money(0, 'EUR') },
        { sku: 'CUR-NEW', available: true, lineTotal: money(3_000, 'EUR') },
      ],
    });
    const refused = await shop().checkout(cart, 'tok_ok');
    expect(refusal(refused)).toBe('409 ordering.product_unavailable');
    expect(refused.body.details).toEqual({ skus: ['CUR-OLD'] });
    const { id, token } = await shop().cartWith({});
    const added = await shop()
      .http.put(`/api/v1/carts/${id}/items/CUR-OLD`)
      .set('x-cart-token', token)
      .send({ quantity: 1 });
    expect(refusal(added)).toBe('404 cart.sku_not_found');

    // Mended, it is bought with the rest.
    const variants = [{ sku: 'CUR-OLD', price: money(1_400, 'EUR') }];
    const mended = await patch('cur-old', { variants }).expect(200);
    expect(mended.body.variants[0]).toMatchObject({ available: true, price: money(1_400, 'EUR') });
    const { orderId } = (await shop().checkout(cart, 'tok_ok').expect(202)).body as { orderId: string };
    const order = await until(async () => {
      const one = await shop().order(orderId, cart, 5);
      return one.settled && one;
    }, 'the order is settled');
    expect(order).toMatchObject({
      status: 'confirmed',
      total: money(4_400, 'EUR'),
      payment: { status: 'captured' },
    });
  });
});
