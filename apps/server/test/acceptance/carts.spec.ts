import { beforeAll, expect, it } from '@jest/globals';
import { until } from '#kernel/testing';
import { onEveryTopology, refusal } from '../shop.js';

const file = (rows: Record<string, string>, published = true) =>
  [
    'Handle,Title,Published,Variant SKU,Variant Inventory Qty,Variant Price',
    ...Object.entries(rows).map(([sku, price]) => `${sku.toLowerCase()},${sku} title,${published},${sku},50,${price}`),
    '',
  ].join('\n');
const euro = (amount: number) => ({ amount, currency: 'EUR' });

onEveryTopology('a guest’s cart', (shop) => {
  type Cart = Awaited<ReturnType<ReturnType<typeof shop>['cartWith']>>;
  const send = (
    method: 'get' | 'put' | 'delete',
    { id, token }: { id: string; token?: string },
    item = '',
    body?: object,
  ) =>
    shop()
      .http[method](`/api/v1/carts/${id}${item && `/items/${encodeURIComponent(item)}`}`)
      .set(token === undefined ? {} : { 'x-cart-token': token })
      .send(body);
  const show = async (cart: Cart) => (await send('get', cart).expect(200)).body;
  const put = (cart: Cart, sku: string, quantity: number) => send('put', cart, sku, { quantity });
  const quantities = ({ lines }: { lines: { sku: string; quantity: number }[] }) =>
    Object.fromEntries(lines.map(({ sku, quantity }) => [sku, quantity]));
  const many = Array.from({ length: 20 }, (_, index) => `MANY-${index}`);

  beforeAll(async () => {
    await shop().import(file({ TEA: '2.50', POT: '19.99', ...Object.fromEntries(many.map((sku) => [sku, '1.00'])) }));
  });

  it('is empty when it is made, and belongs to whoever holds its token', async () => {
    const answer = await shop().http.post('/api/v1/carts').expect(201);
    expect(answer.headers['location']).toBe(`/api/v1/carts/${answer.body.id}`);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(await show(answer.body)).toEqual({
      id: answer.body.id,
      status: 'active',
      lines: [],
      total: euro(0),
      currency: 'EUR',
      orderId: null,
    });
  });

  it('holds what was put in last, until it is taken out', async () => {
    const cart = await shop().cartWith({ TEA: 2 });
    const line = { sku: 'TEA', title: 'TEA title', unitPrice: euro(250), available: true };
    expect(await show(cart)).toMatchObject({
      lines: [{ ...line, quantity: 2, lineTotal: euro(500) }],
      total: euro(500),
    });
    expect((await put(cart, 'POT', 1).expect(200)).body.total).toEqual(euro(2_499));
    expect((await put(cart, 'TEA', 3).expect(200)).body).toMatchObject({
      lines: [{ ...line, quantity: 3, lineTotal: euro(750) }, { sku: 'POT' }],
      total: euro(2_749),
    });
    expect((await put(cart, 'TEA', 0).expect(200)).body.lines).toMatchObject([{ sku: 'POT' }]);
    for (const again of [1, 2])
      expect([again, (await send('delete', cart, 'POT').expect(200)).body.lines]).toEqual([again, []]);
    expect((await put(cart, 'TEA', 0).expect(200)).body.lines).toEqual([]);
    expect(await show(cart)).toMatchObject({ lines: [], total: euro(0) });
  });

  it('takes nothing that is not for sale', async () => {
    await shop().import(file({ HIDDEN: '1.00' }, false));
    const cart = await shop().cartWith({});
    for (const sku of ['NOTHING', 'tea', 'HIDDEN'])
      expect(refusal(await put(cart, sku, 1))).toBe('404 cart.sku_not_found');
    expect(refusal(await put(cart, 'TEA', 1_001))).toBe('422 kernel.invalid_input /quantity');
    expect(refusal(await put(cart, 'TEA', -1))).toBe('422 kernel.invalid_input /quantity');
    expect(await show(cart)).toMatchObject({ lines: [] });
  });

  it('is not there for anybody else', async () => {
    const { id, token } = await shop().cartWith({ TEA: 1 });
    const stranger = await shop().cartWith({});
    const strangers = [
      { id },
      { id, token: '' },
      { id, token: stranger.token },
      { id, token: `${token}x` },
      { id: '0199f3a2-7c1e-7abc-8def-0123456789ab', token },
      { id: 'nonsense', token },
    ];
    for (const cart of strangers) {
      const answers = [
        send('get', cart),
        send('put', cart, 'TEA', { quantity: 9 }),
        send('put', cart, 'NOTHING', { quantity: 9 }),
        send('delete', cart, 'TEA'),
      ];
      for (const answer of await Promise.all(answers)) expect(refusal(answer)).toBe('404 cart.not_found');
      expect(refusal(await shop().checkout({ token: 'none', ...cart }, 'tok_ok'))).toBe('404 cart.not_found');
    }
    expect(quantities(await show({ id, token }))).toEqual({ TEA: 1 });
  });

  it('costs what its products cost today, and nothing for what is not for sale any more', async () => {
    await shop().import(file({ RISING: '1.00', LEAVING: '5.00' }));
    const cart = await shop().cartWith({ RISING: 2, LEAVING: 1 });
    expect((await show(cart)).total).toEqual(euro(700));
    await shop().import(file({ RISING: '1.50' }));
    expect(await show(cart)).toMatchObject({
      lines: [{ sku: 'RISING', unitPrice: euro(150), lineTotal: euro(300) }, {}],
      total: euro(800),
    });
    await shop().import(file({ LEAVING: '5.00' }, false));
    expect(await show(cart)).toMatchObject({
      lines: [{}, { sku: 'LEAVING', quantity: 1, lineTotal: euro(0), available: false }],
      total: euro(300),
    });
    const refused = await shop().checkout(cart, 'tok_ok');
    expect(refusal(refused)).toBe('409 ordering.product_unavailable');
    expect(refused.body.details).toEqual({ skus: ['LEAVING'] });
    await send('delete', cart, 'LEAVING').expect(200);
    await shop().checkout(cart, 'tok_ok').expect(202);
  });

  it('loses nothing of what is put in at the same time', async () => {
    const cart = await shop().cartWith({});
    await Promise.all(many.map((sku, index) => put(cart, sku, index + 1).expect(200)));
    expect(quantities(await show(cart))).toEqual(Object.fromEntries(many.map((sku, index) => [sku, index + 1])));
    await Promise.all([1, 2, 3, 4, 5].map((quantity) => put(cart, 'TEA', quantity).expect(200)));
    const { lines } = await show(cart);
    expect(lines).toHaveLength(many.length + 1);
    expect([1, 2, 3, 4, 5]).toContain(lines.at(-1).quantity);
  });

  it('cannot be checked out while it is empty', async () => {
    expect(refusal(await shop().checkout(await shop().cartWith({}), 'tok_ok'))).toBe('409 ordering.cart_empty');
  });

  it('is not changed any more once it is an order', async () => {
    await until(async () => (await shop().http.get('/api/v1/stock/TEA')).status === 200);
    const { cart, order } = await shop().buy({ TEA: 1 }, 'tok_ok');
    expect(order.status).toBe('confirmed');
    await until(async () => (await show(cart)).status === 'checked_out');
    for (const answer of [
      await put(cart, 'TEA', 2),
      await put(cart, 'TEA', 0),
      await put(cart, 'POT', 1),
      await send('delete', cart, 'TEA'),
    ]) {
      expect(refusal(answer)).toBe('409 cart.not_active');
    }
    expect(await show(cart)).toMatchObject({ orderId: order.id, lines: [{ sku: 'TEA', quantity: 1 }] });
  });
});
