import { expect, it } from '@jest/globals';
import { until } from '#kernel/testing';
import { causesOf, expectTree, madeByCheckout } from '../flow-tree.js';
import { newKey, onEveryTopology, type OrderAnswer } from '../shop.js';

onEveryTopology('the flow of a request', (shop) => {
  const checkout = async (token: string) => {
    const sku = `FLOW-${newKey()}`;
    await shop().sell(sku, 5);
    const cart = await shop().cartWith({ [sku]: 1 });
    const { body, headers } = await shop().checkout(cart, token).expect(202);
    const order = (wait: number): Promise<OrderAnswer> => shop().order(body.orderId, cart, wait);
    return { cart, order, id: body.orderId as string, flow: headers['x-request-id'] as string };
  };

  it.each([
    ['tok_ok', 'payment-authorized', ['order-confirmed', 'payment-captured']],
    ['tok_double_webhook', 'payment-authorized', ['order-confirmed', 'payment-captured']],
    ['tok_declined', 'payment-declined', ['order-rejected', 'stock-released']],
  ])('is one tree, whose payment is told by a webhook (%s)', async (token, told, last) => {
    const { flow } = await checkout(token);
    const messages = await expectTree(shop(), flow, madeByCheckout, [told, ...last]);
    expect(causesOf(messages, told)).toEqual(
      expect.arrayContaining(['authorize-payment', 'stock-reserved', 'reserve-stock']),
    );
  });

  it.each([
    ['approve', 'payment-authorized', ['order-confirmed', 'payment-captured']],
    ['decline', 'payment-declined', ['order-rejected', 'stock-released']],
  ])('goes on with what a person decides at the provider (%s)', async (outcome, told, last) => {
    const { order, flow } = await checkout('tok_requires_action');
    const { payment } = await until(async () => {
      const now = await order(2);
      return now.payment.nextAction && now;
    });
    await fetch(payment.nextAction!.url, { method: 'POST', body: new URLSearchParams({ outcome }) });
    const messages = await expectTree(shop(), flow, madeByCheckout, ['payment-action-required', told, ...last]);
    for (const name of ['payment-action-required', told])
      expect(causesOf(messages, name)).toContain('authorize-payment');
  });

  it('of a refund and of a cancellation is a tree of its own', async () => {
    const { cart, order, id, flow } = await checkout('tok_ok');
    await expectTree(shop(), flow, madeByCheckout, ['payment-captured']);
    const { payment, total } = await until(async () => {
      const now = await order(2);
      return now.payment.status === 'captured' && now;
    });
    const refund = await shop()
      .http.post(`/api/v1/payments/${payment.id}/refunds`)
      .set({ ...(await shop().admin()), 'idempotency-key': newKey() })
      .send({ amount: { ...total, amount: 100 } })
      .expect(202);
    await expectTree(shop(), refund.headers['x-request-id'] as string, ['request-refund'], ['payment-refunded']);
    const cancel = await shop().http.post(`/api/v1/orders/${id}/cancel`).set('x-cart-token', cart.token).expect(202);
    await expectTree(
      shop(),
      cancel.headers['x-request-id'] as string,
      ['release-stock', 'cancel-payment'],
      ['order-cancelled', 'stock-released'],
    );
    await expectTree(shop(), flow, madeByCheckout, ['payment-captured']);
  });

  it('of an import leads from the products to their stock, and back to whether they can be bought', async () => {
    const sku = `FLOW-${newKey()}`;
    const line = { title: sku, variants: [{ sku, price: { amount: 950, currency: 'EUR' }, inventoryQuantity: 7 }] };
    const imported = await shop()
      .http.post('/api/v1/products/import')
      .set({ ...(await shop().admin()), 'content-type': 'application/x-ndjson' })
      .send(JSON.stringify(line));
    expect([imported.status, imported.body]).toMatchObject([200, { created: 1 }]);
    const flow = imported.headers['x-request-id'] as string;
    const messages = await expectTree(shop(), flow, ['product-created'], ['availability-changed']);
    expect(causesOf(messages, 'availability-changed')).toContain('product-created');
  });
});
