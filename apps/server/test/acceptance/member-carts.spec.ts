import { beforeAll, expect, it } from '@jest/globals';
import type { Response } from 'supertest';
import { until } from '#kernel/testing';
import { address, newKey, onEveryTopology, refusal, type Shop } from '../shop.js';

interface Cart {
  id: string;
  token?: string;
}
type Headers = Record<string, string>;

const ROUNDS = 12;

const send = (shop: Shop, method: 'get' | 'post' | 'put', path: string, headers: Headers) =>
  shop.http[method](`/api/v1/carts/${path}`).set(headers);
const quantities = ({ lines }: { lines: { sku: string; quantity: number }[] }) =>
  Object.fromEntries(lines.map(({ sku, quantity }) => [sku, quantity]));
const told = (answer: Response) => (answer.status < 300 ? String(answer.status) : refusal(answer));
const tokenOf = ({ token }: Cart): Headers => ({ 'x-cart-token': token! });

onEveryTopology('a member’s cart', (shop) => {
  let member: Headers;
  let other: Headers;

  const open = async (as = member) => (await shop().http.post('/api/v1/carts').set(as).expect(201)).body as Cart;
  const show = async ({ id }: Cart, as = member) => (await send(shop(), 'get', id, as).expect(200)).body;
  const put = ({ id }: Cart, sku: string, quantity: number, as = member) =>
    send(shop(), 'put', `${id}/items/${sku}`, as).send({ quantity });
  const claim = ({ id }: Cart, as: Headers) => send(shop(), 'post', `${id}/claim`, as);
  const checkout = ({ id }: Cart, as: Headers, token = 'tok_ok') =>
    send(shop(), 'post', `${id}/checkout`, { ...as, 'idempotency-key': newKey() }).send({
      email: 'ada@example.com',
      shippingAddress: address,
      payment: { provider: 'test', token },
    });
  const order = async (id: string, as = member) =>
    (await shop().http.get(`/api/v1/orders/${id}?wait=20`).set(as).expect(200)).body;
  /** Nothing is in the member's active cart any more. */
  const emptied = async () => {
    const cart = await open();
    for (const { sku } of (await show(cart)).lines) await put(cart, sku, 0).expect(200);
    return cart;
  };
  const closed = (cart: Cart, as = member) =>
    until(async () => (await show(cart, as)).status === 'checked_out', 'the cart has heard of its order');

  beforeAll(async () => {
    for (const sku of ['MC-A', 'MC-B', 'MC-C']) await shop().sell(sku, 1_000);
    [member, other] = [await shop().newCustomer(), await shop().newCustomer()];
  }, 60_000);

  it('is one, on every device, and needs no token', async () => {
    const carts = await Promise.all([1, 2, 3, 4].map(() => open()));
    expect(new Set(carts.map(({ id }) => id)).size).toBe(1);
    const [cart] = carts as [Cart];
    expect(cart).toEqual({ id: cart.id });
    await put(cart, 'MC-A', 2).expect(200);
    expect(quantities(await show(await open()))).toEqual({ 'MC-A': 2 });
    await send(shop(), 'get', cart.id, other).expect(404);
    expect(refusal(await put(cart, 'MC-A', 9, other))).toBe('404 cart.not_found');
  });

  it('is a new one once it was checked out', async () => {
    const cart = await emptied();
    await put(cart, 'MC-A', 1).expect(200);
    const { body } = await checkout(cart, member).expect(202);
    expect(await order(body.orderId)).toMatchObject({ status: 'confirmed' });
    await closed(cart);
    const next = await open();
    expect(next.id).not.toBe(cart.id);
    expect(quantities(await show(next))).toEqual({});
  });

  it('takes in a guest’s, once, and the guest’s token opens nothing more', async () => {
    const cart = await emptied();
    await put(cart, 'MC-A', 2).expect(200);
    const guests = await shop().cartWith({ 'MC-A': 3, 'MC-B': 1 });
    const as = { ...member, ...tokenOf(guests) };
    for (const answer of [await claim(guests, as), await claim(guests, as)]) {
      expect(answer.status).toBe(200);
      expect(answer.body).toMatchObject({ id: cart.id, status: 'active', noRoom: [] });
      expect(quantities(answer.body)).toEqual({ 'MC-A': 5, 'MC-B': 1 });
    }
    expect(quantities(await show(cart))).toEqual({ 'MC-A': 5, 'MC-B': 1 });
    expect(refusal(await send(shop(), 'get', guests.id, tokenOf(guests)))).toBe('404 cart.not_found');
    expect(refusal(await checkout(guests, tokenOf(guests)))).toBe('404 cart.not_found');
    expect(await show(guests)).toMatchObject({ status: 'merged', lines: [] });
    expect(refusal(await checkout(guests, member))).toBe('409 cart.not_active');
  });

  it('is the guest’s itself where the member has none', async () => {
    const cart = await emptied();
    await put(cart, 'MC-A', 1).expect(200);
    await checkout(cart, member).expect(202);
    await closed(cart);
    const guests = await shop().cartWith({ 'MC-B': 2 });
    const { body } = await claim(guests, { ...member, ...tokenOf(guests) }).expect(200);
    expect([body.id, quantities(body)]).toEqual([guests.id, { 'MC-B': 2 }]);
    expect(await open()).toEqual({ id: guests.id });
    expect(refusal(await checkout(guests, tokenOf(guests)))).toBe('404 cart.not_found');
    const placed = (await checkout(guests, member).expect(202)).body;
    expect(await order(placed.orderId)).toMatchObject({ status: 'confirmed' });
  });

  it('takes in no cart of somebody else, nor one that is an order', async () => {
    const guests = await shop().cartWith({ 'MC-B': 1 });
    const stranger = await shop().cartWith({});
    expect(refusal(await claim(guests, tokenOf(guests)))).toBe('401 kernel.unauthenticated');
    expect(refusal(await claim(guests, member))).toBe('404 cart.not_found');
    expect(refusal(await claim(guests, { ...member, ...tokenOf(stranger) }))).toBe('404 cart.not_found');
    expect(refusal(await claim(await open(other), member))).toBe('404 cart.not_found');
    const { orderId } = (await checkout(guests, tokenOf(guests)).expect(202)).body;
    const refused = await claim(guests, { ...member, ...tokenOf(guests) });
    expect(refusal(refused)).toBe('409 ordering.cart_has_order');
    expect(refused.body.details).toEqual({ orderId });
  });

  it('is the first member’s who claims it', async () => {
    const guests = await shop().cartWith({ 'MC-C': 1 });
    const answers = await Promise.all([member, other].map((as) => claim(guests, { ...as, ...tokenOf(guests) })));
    expect(answers.map(told).toSorted()).toEqual(['200', '404 cart.not_found']);
  });

  it('and the checkout of a guest’s cart that is claimed meanwhile: one wins, and nothing is bought twice', async () => {
    const items = { 'MC-B': 1, 'MC-C': 2 };
    const orders: Promise<{ lines: [] }>[] = [];
    const cart = await emptied();
    for (let round = 0; round < ROUNDS; round++) {
      const guests = await shop().cartWith(items);
      // Every other time the claim comes a little later, so that either may be first.
      const start = round % 2 === 0 ? Promise.resolve() : show(guests, tokenOf(guests));
      const [claimed, placed] = await Promise.all([
        start.then(() => claim(guests, { ...member, ...tokenOf(guests) })),
        checkout(guests, tokenOf(guests)),
      ]);
      expect([
        ['200', '404 cart.not_found'],
        ['409 ordering.cart_has_order', '202'],
      ]).toContainEqual([told(claimed), told(placed)]);
      expect(claimed.body.details?.orderId).toBe(placed.body.orderId);
      if (placed.status === 202) orders.push(order(placed.body.orderId, tokenOf(guests)));
    }
    expect((await Promise.all(orders)).map(quantities)).toEqual(orders.map(() => items));
    const claims = ROUNDS - orders.length;
    const expected = claims === 0 ? {} : { 'MC-B': claims, 'MC-C': 2 * claims };
    await until(async () => {
      expect(quantities(await show(cart))).toEqual(expected);
      return true;
    }, 'the member’s cart holds what was claimed');
  }, 60_000);

  it('that is checked out while it takes in a guest’s: all of it is bought or in the next cart, once', async () => {
    for (let round = 0; round < 8; round++) {
      const cart = await emptied();
      await put(cart, 'MC-A', 1).expect(200);
      const guests = await shop().cartWith({ 'MC-B': 1 });
      const [claimed, placed] = await Promise.all([
        claim(guests, { ...member, ...tokenOf(guests) }),
        checkout(cart, member),
      ]);
      expect([round, claimed.status, placed.status]).toEqual([round, 200, 202]);
      const bought = quantities(await order(placed.body.orderId));
      await closed(cart);
      await until(async () => {
        const left = quantities(await show(await open()));
        expect({ ...bought, ...left }).toEqual({ 'MC-A': 1, 'MC-B': 1 });
        expect(Object.keys(bought).length + Object.keys(left).length).toBe(2);
        return true;
      }, 'nothing is lost or doubled');
    }
  }, 90_000);

  it('goes on with what was in it when its order came to nothing', async () => {
    const cart = await emptied();
    await put(cart, 'MC-A', 2).expect(200);
    const { orderId } = (await checkout(cart, member, 'tok_requires_action').expect(202)).body;
    await closed(cart);
    const newer = await open();
    await put(newer, 'MC-B', 1).expect(200);
    const { payment } = await order(orderId);
    await fetch(payment.nextAction.url, { method: 'POST', body: new URLSearchParams({ outcome: 'decline' }) });
    await until(async () => {
      expect(quantities(await show(newer))).toEqual({ 'MC-A': 2, 'MC-B': 1 });
      return true;
    }, 'both are in one cart');
    expect(await open()).toEqual({ id: newer.id });
    expect((await show(cart)).status).toBe('merged');
  }, 60_000);
});
