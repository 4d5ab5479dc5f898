import { describe, expect, it } from '@jest/globals';
import {
  CommitStock,
  ReleaseStock,
  ReserveStock,
  StockCommitted,
  StockRefused,
  StockReleased,
  StockReserved,
} from '#inventory/contracts';
import { aggregateSpec } from '#kernel/testing';
import {
  AuthorizePayment,
  CancelPayment,
  CapturePayment,
  PaymentActionRequired,
  PaymentAuthorized,
  PaymentCaptured,
  PaymentDeclined,
  PaymentRefunded,
  PaymentVoided,
} from '#payments/contracts';
import { CompleteOrder } from './complete-order.js';
import {
  CancelOrder,
  OrderCancelled,
  OrderCompleted,
  OrderConfirmed,
  OrderExpired,
  OrderPlaced,
  OrderRejected,
  OrderShipped,
  Shipping,
  ShipOrder,
} from './contracts/index.js';
import { ExpireOrder } from './expire-order.js';
import { isSettled, Order, type Placement } from './order.js';

const orderId = '01900000-0000-7000-8000-000000000001';
const paymentId = '01900000-0000-7000-8000-000000000002';
const cartId = '01900000-0000-7000-8000-000000000003';
const now = '2026-01-01T00:00:00.000Z';
const payBy = '2026-01-01T00:15:00.000Z';
const holdUntil = '2026-01-01T00:16:00.000Z';
const completeAt = '2026-01-15T00:00:00.000Z';
const price = { amount: 1_000, currency: 'EUR' };
const total = { amount: 2_000, currency: 'EUR' };
const missing = [{ sku: 'A', requested: 2, available: 1 }];

const place = (...more: Placement['lines']): Order =>
  Order.place({
    id: orderId,
    number: '1001',
    cartId,
    owner: 'guest:x',
    email: 'a@b.example',
    shippingAddress: { name: 'A', line1: 'B', city: 'C', postalCode: '1', country: 'DE' },
    lines: [{ sku: 'A', title: 'A', quantity: 2, unitPrice: price, lineTotal: total }, ...more],
    payment: { id: paymentId, provider: 'test', token: 'tok_ok' },
    now,
    payBy,
    holdUntil,
  });

/** What an order does with what it hears. */
function apply(order: Order, message: object): void {
  if (message instanceof StockReserved) order.stockReserved(now);
  else if (message instanceof StockRefused) order.stockRefused(message.missing, now);
  else if (message instanceof StockCommitted) order.stockCommitted(now);
  else if (message instanceof StockReleased) order.stockReleased(now);
  else if (message instanceof PaymentActionRequired) order.actionRequired(message.url);
  else if (message instanceof PaymentAuthorized) order.paymentAuthorized();
  else if (message instanceof PaymentDeclined) order.paymentDeclined(message.reason, now);
  else if (message instanceof PaymentCaptured) order.paymentCaptured();
  else if (message instanceof PaymentVoided) order.moneyReturned('voided', now);
  else if (message instanceof PaymentRefunded)
    order.moneyReturned(message.remaining.amount === 0 ? 'refunded' : 'partially_refunded', now);
  else if (message instanceof ShipOrder) order.ship(Shipping.parse(message), now, completeAt);
  else if (message instanceof CompleteOrder) order.complete(now);
  else if (message instanceof ExpireOrder) order.expire(now);
  else if (message instanceof CancelOrder) order.cancel(now);
  else throw new TypeError(`an order does not hear ${message.constructor.name}`);
}

const after = (...history: readonly object[]): Order => {
  const order = place();
  for (const message of history) apply(order, message);
  return order;
};

const { given } = aggregateSpec<Order>({
  from: (history) => after(...history),
  decide: (order, message) => {
    apply(order!, message);
    return order;
  },
});

const placed = { orderId, cartId };
const payment = { paymentId, orderId };
const reserved = new StockReserved({ orderId, until: holdUntil });
const refused = new StockRefused({ orderId, missing });
const committed = new StockCommitted({ orderId });
const released = new StockReleased({ orderId });
const authorized = new PaymentAuthorized({ ...payment, amount: total });
const declined = new PaymentDeclined({ ...payment, reason: 'card_declined' });
const captured = new PaymentCaptured({ ...payment, amount: total });
const refundedTo = (amount: number) =>
  new PaymentRefunded({ ...payment, amount: total, refunded: total, remaining: { amount, currency: 'EUR' } });
const [partly, wholly] = [refundedTo(500), refundedTo(0)];
const voided = new PaymentVoided(payment);
const expire = new ExpireOrder({ orderId });
const cancel = new CancelOrder({ id: orderId });
const ship = new ShipOrder({ id: orderId, carrier: 'DHL', trackingNumber: '00340434161094042557' });
const complete = new CompleteOrder({ orderId });
const paid = [reserved, authorized, committed, captured];
const release = new ReleaseStock({ orderId });
const giveBack = new CancelPayment({ paymentId });

describe('an order', () => {
  it('reserves its stock when it is placed, and sets its own deadline', () => {
    expect(place().release()).toMatchObject([
      { message: new OrderPlaced({ ...placed, number: '1001', lines: [{ sku: 'A', quantity: 2 }] }) },
      { message: new ReserveStock({ orderId, lines: [{ sku: 'A', quantity: 2 }], until: holdUntil }) },
      { message: expire, at: payBy },
    ]);
  });

  it('is not placed for a total over two currencies', () => {
    const other = { amount: 1_400, currency: 'USD' };
    expect(() => place({ sku: 'B', title: 'B', quantity: 1, unitPrice: other, lineTotal: other })).toThrow(TypeError);
    expect(place({ sku: 'B', title: 'B', quantity: 1, unitPrice: price, lineTotal: price }).state.total).toEqual({
      amount: 3_000,
      currency: 'EUR',
    });
  });

  it('asks for the money when the stock is held', () =>
    given()
      .when(reserved)
      .then(
        new AuthorizePayment({
          ...payment,
          amount: total,
          provider: 'test',
          token: 'tok_ok',
          until: payBy,
          owner: 'guest:x',
        }),
      ));
  it('takes the stock when the money is sure', () =>
    given(reserved).when(authorized).then(new CommitStock({ orderId })));
  it('is confirmed, and takes the money, when the stock is its own', () =>
    given(reserved, authorized).when(committed).then(new OrderConfirmed(placed), new CapturePayment({ paymentId })));

  it('is rejected without stock', () =>
    given()
      .when(refused)
      .then(new OrderRejected({ ...placed, reason: 'out_of_stock' })));
  it('gives the stock back when the payment is declined', () =>
    given(reserved)
      .when(declined)
      .then(release, new OrderRejected({ ...placed, reason: 'card_declined' })));
  it('gives the money back when its reservation ran out and the stock with it', () =>
    given(reserved, authorized)
      .when(refused)
      .then(giveBack, new OrderRejected({ ...placed, reason: 'out_of_stock' })));

  it('expires unpaid, and gives back what it holds', () =>
    given(reserved).when(expire).then(release, giveBack, new OrderExpired(placed)));
  it('expires before its stock was reserved', () => given().when(expire).then(release, new OrderExpired(placed)));
  it('does not expire once the money is sure', () => given(reserved, authorized).when(expire).then());
  it('does not expire once it is confirmed or closed', () => {
    given(reserved, authorized, committed).when(expire).then();
    given(refused).when(expire).then();
  });
  it('gives back money that comes too late', () => given(reserved, expire).when(authorized).then(giveBack));

  it('gives everything back when it is cancelled, whatever has happened', () => {
    given().when(cancel).then(release);
    given(reserved).when(cancel).then(release, giveBack);
    given(reserved, authorized).when(cancel).then(release, giveBack);
    given(reserved, authorized, committed).when(cancel).then(release, giveBack);
    given(reserved, authorized, committed, captured).when(cancel).then(release, giveBack);
  });
  it('is cancelled when stock and money are back, in either order', () => {
    given(reserved, cancel, released).when(voided).then(new OrderCancelled(placed));
    given(reserved, cancel, voided).when(released).then(new OrderCancelled(placed));
    given(reserved, cancel, released).when(declined).then(new OrderCancelled(placed));
    given(cancel).when(released).then(new OrderCancelled(placed));
  });
  it('does not go on when it is cancelled meanwhile', () => {
    given(cancel).when(reserved).then();
    given(reserved, authorized, cancel).when(committed).then();
    given(reserved, cancel).when(authorized).then(giveBack);
  });
  it('is cancelled once, however often it is asked', () => given(reserved, cancel).when(cancel).then());
  it.each([
    ['rejected', [refused]],
    ['expired', [expire]],
    ['shipped', [...paid, ship]],
    ['completed', [...paid, ship, complete]],
  ])('cannot be cancelled when it is %s', (_, history) =>
    given(...history)
      .when(cancel)
      .refuses('ordering.not_cancellable'),
  );

  it('is shipped when it is confirmed and paid, and completes by itself', () => {
    const order = after(...paid);
    order.release();
    order.ship(Shipping.parse(ship), now, completeAt);
    expect(order.release()).toMatchObject([
      { message: new OrderShipped({ ...placed, carrier: 'DHL', trackingNumber: '00340434161094042557' }) },
      { message: complete, at: completeAt },
    ]);
    expect(order.state.shipment).toEqual({ at: now, carrier: 'DHL', trackingNumber: '00340434161094042557' });
    given(...paid, partly)
      .when(new ShipOrder({ id: orderId }))
      .then(new OrderShipped(placed), complete);
    given(...paid, ship)
      .when(complete)
      .then(new OrderCompleted(placed));
  });
  it('is shipped and completed once', () => {
    given(...paid, ship)
      .when(ship)
      .then();
    given(...paid, ship, complete)
      .when(ship)
      .then();
    given(...paid, ship, complete)
      .when(complete)
      .then();
    expect(after(...paid, ship, new ShipOrder({ id: orderId, carrier: 'UPS' })).state.shipment?.carrier).toBe('DHL');
  });
  it.each([
    ['pending', []],
    ['waiting for its payment', [reserved]],
    ['confirmed, its money not yet taken', [reserved, authorized, committed]],
    ['confirmed, its money given back', [...paid, wholly]],
    ['rejected', [refused]],
    ['expired', [expire]],
    ['cancelling', [...paid, cancel]],
    ['cancelled', [...paid, cancel, released, wholly]],
  ])('is not shipped while it is %s', (_, history) =>
    given(...history)
      .when(ship)
      .refuses('ordering.not_shippable'),
  );

  it.each([
    ['confirmed', []],
    ['shipped', [ship]],
    ['completed', [ship, complete]],
  ])('shows what was refunded while it is %s, and stays so', (status, since) => {
    for (const [refunds, shown] of [
      [[partly], 'partially_refunded'],
      [[partly, wholly], 'refunded'],
      [[wholly, partly], 'refunded'],
      [[partly, captured, authorized], 'partially_refunded'],
    ] as const) {
      const order = after(...paid, ...since, ...refunds);
      expect(order.state).toMatchObject({ status, payment: { status: shown } });
      expect(isSettled(order.state)).toBe(true);
    }
  });
  it('shows what was refunded before it was shipped', () =>
    expect(after(...paid, partly, ship).state).toMatchObject({
      status: 'shipped',
      payment: { status: 'partially_refunded' },
    }));
  it('gives back the rest when it is cancelled after a refund', () => {
    given(...paid, partly)
      .when(cancel)
      .then(release, giveBack);
    given(...paid, partly, cancel, released)
      .when(partly)
      .then();
    given(...paid, partly, cancel, released)
      .when(wholly)
      .then(new OrderCancelled(placed));
    given(...paid, wholly, cancel)
      .when(released)
      .then(new OrderCancelled(placed));
  });

  it.each([
    ['pending', [], false],
    ['waiting for its payment', [reserved], false],
    ['waiting for a person', [reserved, new PaymentActionRequired({ ...payment, url: 'http://x.example' })], true],
    ['confirmed but not yet captured', [reserved, authorized, committed], false],
    ['confirmed and captured', [reserved, authorized, committed, captured], true],
    ['rejected without stock', [refused], true],
    ['rejected with its stock on the way back', [reserved, declined], false],
    ['rejected with its stock back', [reserved, declined, released], true],
    ['expired with its money on the way back', [reserved, expire, released], false],
    ['expired with all back', [reserved, expire, released, voided], true],
    ['shipped', [...paid, ship], true],
    ['completed', [...paid, ship, complete], true],
    ['cancelling', [reserved, cancel], false],
    ['cancelled', [reserved, cancel, released, voided], true],
  ])('knows whether anything but time or a person can change it: %s', (_, history, settled) => {
    expect(isSettled(after(...history).state)).toBe(settled);
  });
});
