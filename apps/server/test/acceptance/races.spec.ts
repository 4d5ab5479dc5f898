import { beforeAll, expect, it } from '@jest/globals';
import type { Response } from 'supertest';
import { until } from '#kernel/testing';
import { newKey, onEveryTopology, refusal } from '../shop.js';

type Cart = { id: string; token: string };

const ROUNDS = 8;
const PIECES = 1_000;

// Races of one kind stand with that kind: checkouts of a cart and ships in orders.spec.ts, claims in member-carts.spec.ts,
// refunds in refunds.spec.ts, prices in products.spec.ts.
onEveryTopology('a cancellation', (shop) => {
  beforeAll(() => shop().sell('RACE-1', PIECES), 60_000);

  const cancel = (orderId: string, cart: Cart) =>
    shop().http.post(`/api/v1/orders/${orderId}/cancel`).set('x-cart-token', cart.token);
  const paymentOf = async (orderId: string, cart: Cart) =>
    (await shop().http.get(`/api/v1/orders/${orderId}/payment`).set('x-cart-token', cart.token).expect(200)).body;
  const told = (answer: Response) => (answer.status < 300 ? String(answer.status) : refusal(answer));
  const ended = (orderId: string, cart: Cart, ...ends: string[]) =>
    until(
      async () => {
        const order = await shop().order(orderId, cart, 5);
        return ends.includes(order.status) && order;
      },
      `order ${orderId} is ${ends.join(' or ')}`,
      30,
    );
  /** All of the stock is there again. */
  const restocked = () =>
    until(async () => {
      expect(await shop().stock('RACE-1')).toMatchObject({ onHand: PIECES, reserved: 0 });
      return true;
    }, 'the stock is back');
  /** Cancels a little later in each round, so that either may be first. */
  const cancelLater = async (round: number, orderId: string, cart: Cart) => {
    for (let look = 0; look < round; look++) await shop().order(orderId, cart);
    return cancel(orderId, cart);
  };

  it('while the provider tells that the buyer has approved: nothing is kept, nothing is sold', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { cart, order } = await shop().buy({ 'RACE-1': 1 }, 'tok_requires_action');
      const approval = { method: 'POST', body: new URLSearchParams({ outcome: 'approve' }) };
      const [cancelled] = await Promise.all([
        cancelLater(round, order.id, cart),
        fetch(order.payment.nextAction!.url, approval).then((page) => page.text()),
      ]);
      expect(told(cancelled)).toBe('202');
      await ended(order.id, cart, 'cancelled');
      const { status, captured, refunded } = await paymentOf(order.id, cart);
      expect([
        ['voided', 0, 0],
        ['refunded', 1_250, 1_250],
      ]).toContainEqual([status, captured.amount, refunded.amount]);
    }
    await restocked();
  }, 90_000);

  it('while the provider tells that the buyer has declined: one of them ends the order', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { cart, order } = await shop().buy({ 'RACE-1': 1 }, 'tok_requires_action');
      const refusing = { method: 'POST', body: new URLSearchParams({ outcome: 'decline' }) };
      const [cancelled] = await Promise.all([
        cancelLater(round, order.id, cart),
        fetch(order.payment.nextAction!.url, refusing).then((page) => page.text()),
      ]);
      const { status } = await ended(order.id, cart, 'cancelled', 'rejected');
      expect([
        ['202', 'cancelled'],
        ['409 ordering.not_cancellable', 'rejected'],
      ]).toContainEqual([told(cancelled), status]);
      expect(await paymentOf(order.id, cart)).toMatchObject({ captured: { amount: 0 }, refunded: { amount: 0 } });
    }
    await restocked();
  }, 90_000);

  it('at any moment of a checkout: all goes back', async () => {
    const orders = Array.from({ length: 12 }, async (_, looks) => {
      const cart = await shop().cartWith({ 'RACE-1': 2 });
      const { orderId } = (await shop().checkout(cart, 'tok_double_webhook').expect(202)).body;
      expect(told(await cancelLater(looks, orderId, cart))).toBe('202');
      const { payment } = await ended(orderId, cart, 'cancelled');
      expect(['created', 'voided', 'refunded']).toContain(payment.status);
    });
    await Promise.all(orders);
    await restocked();
  }, 90_000);

  it('while a part is refunded: all goes back, and no more', async () => {
    const admin = await shop().admin();
    for (let round = 0; round < ROUNDS; round++) {
      const { cart, order } = await shop().buy({ 'RACE-1': 1 }, 'tok_ok');
      const [cancelled, refund] = await Promise.all([
        cancelLater(round, order.id, cart),
        shop()
          .http.post(`/api/v1/payments/${order.payment.id}/refunds`)
          .set({ ...admin, 'idempotency-key': newKey() })
          .send({ amount: { amount: 500, currency: 'EUR' } }),
      ]);
      expect(told(cancelled)).toBe('202');
      expect(['202', '409 payments.refund_exceeds_captured']).toContain(told(refund));
      await ended(order.id, cart, 'cancelled');
      const { status, captured, refunded, history } = await paymentOf(order.id, cart);
      expect([status, captured.amount, refunded.amount]).toEqual(['refunded', 1_250, 1_250]);
      const requested = (history as { type: string; amount?: { amount: number } }[])
        .filter(({ type }) => type === 'refund_requested')
        .map(({ amount }) => amount!.amount);
      expect(requested.toSorted((a, b) => a - b)).toEqual(refund.status === 202 ? [500, 750] : [1_250]);
    }
    await restocked();
  }, 90_000);
});
