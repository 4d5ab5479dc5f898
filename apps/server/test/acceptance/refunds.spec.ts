import { expect, it } from '@jest/globals';
import type { Response } from 'supertest';
import { until } from '#kernel/testing';
import { type Money, newKey, onEveryTopology, refusal, type Shop } from '../shop.js';

interface PaymentAnswer {
  id: string;
  status: string;
  amount: Money;
  authorized: Money;
  captured: Money;
  refunded: Money;
  history: { at: string; type: string; amount?: Money; reason?: string }[];
}

const euros = (amount: number): Money => ({ amount, currency: 'EUR' });
let skus = 0;

/** A paid order of two pieces, 25 euros. */
async function paid(shop: Shop, token = 'tok_ok') {
  const sku = `REFUND-${skus++}`;
  await shop.sell(sku, 5);
  const { cart, order } = await shop.buy({ [sku]: 2 }, token);
  expect(order).toMatchObject({ status: 'confirmed', total: euros(2_500), payment: { status: 'captured' } });
  const payment = async () =>
    (await shop.http.get(`/api/v1/orders/${order.id}/payment`).set('x-cart-token', cart.token).expect(200))
      .body as PaymentAnswer;
  return {
    cart,
    order,
    payment,
    refund: async (amount: Money, key = newKey()) =>
      shop.http
        .post(`/api/v1/payments/${order.payment.id}/refunds`)
        .set({ ...(await shop.admin()), 'idempotency-key': key })
        .send({ amount, reason: 'a tent without pegs' }),
    /** The payment, as soon as so much has gone back. */
    refunded: (amount: number) =>
      until(async () => {
        const now = await payment();
        return now.refunded.amount >= amount && now;
      }, `${amount} are refunded`),
  };
}

onEveryTopology('a refund', (shop) => {
  it('gives a part back, and another, as the payment and the order tell', async () => {
    const { cart, order, payment, refund, refunded } = await paid(shop());
    expect(await payment()).toMatchObject({
      id: order.payment.id,
      status: 'captured',
      amount: euros(2_500),
      authorized: euros(2_500),
      captured: euros(2_500),
      refunded: euros(0),
    });
    const first = await refund(euros(1_000));
    expect([first.status, first.body]).toEqual([
      202,
      {
        refundId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        paymentId: order.payment.id,
        amount: euros(1_000),
        remaining: euros(1_500),
      },
    ]);
    expect(await refunded(1_000)).toMatchObject({ status: 'partially_refunded' });
    expect((await refund(euros(1_500))).status).toBe(202);
    const { status, history } = await refunded(2_500);
    expect(status).toBe('refunded');
    expect(
      history.filter(({ type }) => type === 'refund_requested').map(({ amount, reason }) => [amount, reason]),
    ).toEqual([
      [euros(1_000), 'a tent without pegs'],
      [euros(1_500), 'a tent without pegs'],
    ]);
    expect(history.filter(({ type }) => type === 'refunded').map(({ amount }) => amount)).toEqual([
      euros(1_000),
      euros(1_500),
    ]);
    await until(async () => (await shop().order(order.id, cart)).payment.status === 'refunded', 'the order knows');
  });

  it('is made once, however often the same request comes, and never for more than was captured', async () => {
    const { payment, refund, refunded } = await paid(shop());
    const key = newKey();
    const answers = await Promise.all([refund(euros(600), key), refund(euros(600), key), refund(euros(600), key)]);
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    expect(new Set(answers.map(({ body }) => (body as { refundId: string }).refundId)).size).toBe(1);
    expect(refusal(await refund(euros(700), key))).toBe('422 kernel.call_id_reused');
    const racing = await Promise.all([refund(euros(1_000)), refund(euros(1_000))]);
    const [made, lost] = racing.toSorted((a, b) => a.status - b.status) as [Response, Response];
    expect(made.status).toBe(202);
    expect(refusal(lost)).toBe('409 payments.refund_exceeds_captured');
    expect(lost.body).toMatchObject({ details: { remaining: euros(900) } });
    await refunded(1_600);
    expect(await payment()).toMatchObject({ status: 'partially_refunded', refunded: euros(1_600) });
  });

  it('leaves the rest to a cancellation', async () => {
    const { cart, order, payment, refund, refunded } = await paid(shop());
    expect((await refund(euros(400))).status).toBe(202);
    await refunded(400);
    await shop().http.post(`/api/v1/orders/${order.id}/cancel`).set('x-cart-token', cart.token).expect(202);
    await until(async () => (await shop().order(order.id, cart, 5)).status === 'cancelled', 'cancelled');
    expect(await payment()).toMatchObject({ status: 'refunded', refunded: euros(2_500) });
    expect(refusal(await refund(euros(1)))).toBe('409 payments.refund_exceeds_captured');
  });

  it('that the provider refuses stands in the history, and frees its amount', async () => {
    const { payment, refund } = await paid(shop(), 'tok_refund_refused');
    expect((await refund(euros(2_500))).status).toBe(202);
    const refused = await until(
      async () => (await payment()).history.find(({ type }) => type === 'refund_refused'),
      'the refusal is known',
    );
    expect(refused).toMatchObject({ amount: euros(2_500), reason: 'refund_refused' });
    expect((await refund(euros(2_500))).status).toBe(202);
    expect(await payment()).toMatchObject({ status: 'captured', refunded: euros(0) });
  });

  it('is for clerks, in the payment’s currency, under an idempotency key; the payment is for its owner to see', async () => {
    const { cart, order, refund } = await paid(shop());
    const http = shop().http;
    const path = `/api/v1/payments/${order.payment.id}/refunds`;
    const body = { amount: euros(1) };
    const key = { 'idempotency-key': newKey() };
    const guest = { 'x-cart-token': cart.token };
    expect(refusal(await http.post(path).set(key).set(guest).send(body))).toBe('401 kernel.unauthenticated');
    expect(
      refusal(
        await http
          .post(path)
          .set(await shop().admin())
          .send(body),
      ),
    ).toBe('400 http.idempotency_key_required');
    expect(refusal(await refund({ amount: 1, currency: 'USD' }))).toBe('409 payments.currency_mismatch');
    expect(refusal(await refund(euros(0)))).toBe('422 kernel.invalid_input /amount/amount');
    const unknown = http
      .post(`/api/v1/payments/${order.id}/refunds`)
      .set(key)
      .set(await shop().admin());
    expect(refusal(await unknown.send(body))).toBe('404 payments.payment_not_found');
    const payment = `/api/v1/orders/${order.id}/payment`;
    expect((await http.get(payment).set(await shop().admin())).status).toBe(200);
    const other = await shop().cartWith({});
    for (const strange of [{}, { 'x-cart-token': other.token }])
      expect(refusal(await http.get(payment).set(strange))).toBe('404 payments.payment_not_found');
  });
});
