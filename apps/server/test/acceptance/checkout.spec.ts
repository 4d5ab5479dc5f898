import { beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '#kernel/testing';
import { expectTree, madeByCheckout } from '../flow-tree.js';
import { newKey, onEveryTopology, type OrderAnswer } from '../shop.js';

const skuOf = (token: string) => token.toUpperCase().replaceAll('_', '-');

onEveryTopology('checkout', (shop) => {
  it('takes a guest from a cart to a paid order', async () => {
    await shop().sell('OK-1', 5);
    const { cart, order } = await shop().buy({ 'OK-1': 2 }, 'tok_ok');
    expect(order).toMatchObject({
      status: 'confirmed',
      total: { amount: 2_500, currency: 'EUR' },
      lines: [
        {
          sku: 'OK-1',
          quantity: 2,
          unitPrice: { amount: 1_250, currency: 'EUR' },
          lineTotal: { amount: 2_500, currency: 'EUR' },
        },
      ],
      payment: { status: 'captured' },
    });
    expect(order.history.map(({ status }) => status)).toEqual(['pending', 'stock_reserved', 'confirmed']);
    expect(await shop().stock('OK-1')).toMatchObject({ onHand: 3, reserved: 0, available: 3 });
    await until(
      async () =>
        (await shop().http.get(`/api/v1/carts/${cart.id}`).set('x-cart-token', cart.token)).body.status ===
        'checked_out',
    );
  });

  it.each([
    ['tok_declined', 'card_declined'],
    ['tok_insufficient_funds', 'insufficient_funds'],
  ])('rejects the order and frees the stock after %s', async (token, reason) => {
    const sku = skuOf(token);
    await shop().sell(sku, 5);
    const { cart, order } = await shop().buy({ [sku]: 2 }, token);
    expect(order).toMatchObject({ status: 'rejected', payment: { status: 'declined' } });
    expect(order.history.at(-1)).toMatchObject({ status: 'rejected', reason });
    expect(await shop().stock(sku)).toMatchObject({ onHand: 5, reserved: 0 });
    // The cart is the buyer's again: another card may pay for it.
    await until(
      async () =>
        (await shop().http.get(`/api/v1/carts/${cart.id}`).set('x-cart-token', cart.token)).body.status === 'active',
    );
    const again = await shop().checkout(cart, 'tok_ok').expect(202);
    expect(await shop().order(again.body.orderId, cart, 20)).toMatchObject({ status: 'confirmed' });
  });

  it('rejects an order that the stock cannot fill, naming the SKUs', async () => {
    await shop().sell('RARE-1', 1);
    await shop().sell('COMMON-1', 9);
    const { order } = await shop().buy({ 'RARE-1': 2, 'COMMON-1': 1 }, 'tok_ok');
    expect(order).toMatchObject({ status: 'rejected', missing: [{ sku: 'RARE-1', requested: 2, available: 1 }] });
    expect(order.history.at(-1)!.reason).toBe('out_of_stock');
    expect(await shop().stock('COMMON-1')).toMatchObject({ onHand: 9, reserved: 0 });
  });

  it.each([
    ['approve', 'confirmed', 'captured', 4],
    ['decline', 'rejected', 'declined', 5],
  ])('waits for a person where the payment wants one, who may %s', async (outcome, status, payment, left) => {
    const sku = `ACTION-${outcome.toUpperCase()}`;
    await shop().sell(sku, 5);
    const { cart, order } = await shop().buy({ [sku]: 1 }, 'tok_requires_action');
    expect(order).toMatchObject({ status: 'stock_reserved', payment: { status: 'requires_action' } });
    const page = await fetch(order.payment.nextAction!.url);
    expect(await page.text()).toContain('<button');
    await fetch(order.payment.nextAction!.url, { method: 'POST', body: new URLSearchParams({ outcome }) });
    await until(async () => (await shop().order(order.id, cart, 5)).status === status);
    const closed = await shop().order(order.id, cart, 20);
    expect(closed.payment).toEqual({ id: order.payment.id, status: payment });
    expect(await shop().stock(sku)).toMatchObject({ onHand: left, reserved: 0 });
  });

  it('takes every event of a provider that tells everything twice, once', async () => {
    await shop().sell('DOUBLE-1', 5);
    const { order } = await shop().buy({ 'DOUBLE-1': 1 }, 'tok_double_webhook');
    expect(order).toMatchObject({ status: 'confirmed', payment: { status: 'captured' } });
    expect(await shop().stock('DOUBLE-1')).toMatchObject({ onHand: 4, reserved: 0 });
  });

  it('cancels before the money is taken, and after', async () => {
    await shop().sell('CANCEL-1', 5);
    const before = await shop().buy({ 'CANCEL-1': 1 }, 'tok_requires_action');
    const after = await shop().buy({ 'CANCEL-1': 2 }, 'tok_ok');
    expect(after.order.status).toBe('confirmed');
    for (const { cart, order } of [before, after]) {
      await shop().http.post(`/api/v1/orders/${order.id}/cancel`).set('x-cart-token', cart.token).expect(202);
      const cancelled = await until(async () => {
        const now = await shop().order(order.id, cart, 10);
        return now.status === 'cancelled' && now;
      });
      expect(cancelled.payment.status).toBe(order === before.order ? 'voided' : 'refunded');
      await shop().http.post(`/api/v1/orders/${order.id}/cancel`).set('x-cart-token', cart.token).expect(202);
    }
    expect(await shop().stock('CANCEL-1')).toMatchObject({ onHand: 5, reserved: 0 });
  });

  it('gives a repeated checkout its first answer, and a changed one an error', async () => {
    await shop().sell('REPEAT-1', 5);
    const cart = await shop().cartWith({ 'REPEAT-1': 1 });
    const key = newKey();
    const answers = await Promise.all([1, 2, 3].map(() => shop().checkout(cart, 'tok_ok', key)));
    for (const answer of answers) {
      expect(answer.status).toBe(202);
      expect(answer.body).toEqual(answers[0]!.body);
      expect(answer.headers['location']).toBe(`/api/v1/orders/${answers[0]!.body.orderId}`);
    }
    const changed = await shop().checkout(cart, 'tok_declined', key).expect(422);
    expect(changed.body.code).toBe('kernel.call_id_reused');
    const second = await shop().checkout(cart, 'tok_ok').expect(409);
    expect(second.body).toMatchObject({
      code: 'ordering.cart_has_order',
      details: { orderId: answers[0]!.body.orderId },
    });
  });

  it('lets only its buyer and the admin see an order', async () => {
    await shop().sell('MINE-1', 5);
    const { order } = await shop().buy({ 'MINE-1': 1 }, 'tok_ok');
    const stranger = await shop().cartWith({});
    await shop().http.get(`/api/v1/orders/${order.id}`).expect(404);
    await shop().http.get(`/api/v1/orders/${order.id}`).set('x-cart-token', stranger.token).expect(404);
    await shop().http.post(`/api/v1/orders/${order.id}/cancel`).set('x-cart-token', stranger.token).expect(404);
    await shop()
      .http.get(`/api/v1/orders/${order.id}`)
      .set(await shop().admin())
      .expect(200);
  });
});

onEveryTopology(
  'payments that come late or never',
  (shop) => {
    const moneyIsBack = ({ id }: { id: string }, cart: { token: string }) =>
      until(
        async () => {
          const now = await shop().order(id, cart, 10);
          return now.settled && now.payment.status === 'voided' && now;
        },
        'the money is back',
        30,
      );

    /** They wait for the same time-out: at once. */
    const tokens = ['tok_timeout', 'tok_late_webhook', 'tok_requires_action'] as const;
    let late: Record<string, Promise<{ sku: string; flow: string; settled: OrderAnswer }>> = {};
    beforeAll(async () => {
      const carts = new Map<string, { id: string; token: string }>();
      for (const token of tokens) {
        await shop().sell(skuOf(token), 3);
        carts.set(token, await shop().cartWith({ [skuOf(token)]: 1 }));
      }
      const settles = async (token: string) => {
        const cart = carts.get(token)!;
        const { body, headers } = await shop().checkout(cart, token).expect(202);
        const settled = await moneyIsBack({ id: (body as { orderId: string }).orderId }, cart);
        return { sku: skuOf(token), flow: headers['x-request-id'] as string, settled };
      };
      late = Object.fromEntries(tokens.map((token) => [token, settles(token)]));
      await Promise.allSettled(Object.values(late)); // each test tells of its own
    }, 120_000);

    it.each(['tok_timeout', 'tok_late_webhook'])(
      'expires the order and gives the money back when it turns up (%s)',
      async (token) => {
        const { sku, flow, settled } = await late[token]!;
        expect(settled.history.map(({ status }) => status)).toEqual(['pending', 'stock_reserved', 'expired']);
        expect(await shop().stock(sku)).toMatchObject({ onHand: 3, reserved: 0 });
        // The checkout's flow includes the effects of its timers and of money that comes late.
        await expectTree(shop(), flow, madeByCheckout, ['order-expired', 'stock-released', 'payment-voided']);
      },
    );

    it('expires an order that nobody approves', async () => {
      const { sku, settled } = await late['tok_requires_action']!;
      expect(settled.status).toBe('expired');
      expect(await shop().stock(sku)).toMatchObject({ onHand: 3, reserved: 0 });
    });
  },
  { ORDERING_PAYMENT_TIMEOUT: '6' },
);

describe('overselling', () => {
  onEveryTopology('200 buyers for 20 pieces', (shop) => {
    it('sells exactly 20, rejects 180 and holds nothing back', async () => {
      await shop().sell('HOT-1', 20);
      const orders = await Promise.all(
        Array.from({ length: 200 }, async () => {
          const cart = await shop().cartWith({ 'HOT-1': 1 });
          const { body } = await shop().checkout(cart, 'tok_ok').expect(202);
          return { id: (body as { orderId: string }).orderId, cart };
        }),
      );
      const count: Record<string, number> = {};
      for (const { id, cart } of orders) {
        const { status } = await until(
          async () => {
            const order = await shop().order(id, cart, 20);
            return ['confirmed', 'rejected'].includes(order.status) && order;
          },
          `order ${id} ends`,
          60,
        );
        count[status] = (count[status] ?? 0) + 1;
      }
      expect(count).toEqual({ confirmed: 20, rejected: 180 });
      expect(await shop().stock('HOT-1')).toMatchObject({ onHand: 0, reserved: 0, available: 0 });
    }, 120_000);
  });
});
