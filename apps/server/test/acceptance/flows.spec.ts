import { expect, it } from '@jest/globals';
import { until } from '#kernel/testing';
import { newKey, onEveryTopology, type OrderAnswer } from '../shop.js';

interface FlowMessage {
  id: string;
  name: string;
  causationId: string | null;
}

const short = (name: string) => name.replace(/^\w+\.(.*)\.v1$/, '$1');

onEveryTopology(
  'the flow of a request',
  (shop) => {
    const flowOf = async (correlationId: string): Promise<FlowMessage[]> => {
      const { status, body } = await shop()
        .http.get(`/api/v1/admin/flows/${correlationId}`)
        .set(await shop().admin());
      return status === 200 && body.unavailable.length === 0 ? (body.messages as FlowMessage[]) : [];
    };

    /** Waits for the last of its messages, and looks whether each has its cause among them but those that the request made. */
    const expectTree = async (correlationId: string, made: readonly string[], last: readonly string[]) => {
      const flow = await until(
        async () => {
          const messages = await flowOf(correlationId);
          return last.every((name) => messages.some((message) => short(message.name) === name)) && messages;
        },
        `${last.join(', ')} in the flow`,
      );
      const ids = new Set(flow.map(({ id }) => id));
      const withoutCause = flow.filter(({ causationId }) => causationId === null).map(({ name }) => short(name));
      expect(withoutCause.toSorted()).toEqual([...made].toSorted());
      expect(flow.filter(({ causationId }) => causationId !== null && !ids.has(causationId))).toEqual([]);
      return flow;
    };
    /** The messages that led to the first of that name, the nearest first. */
    const causesOf = (flow: readonly FlowMessage[], name: string): string[] => {
      const byId = new Map(flow.map((message) => [message.id, message]));
      const causes: string[] = [];
      let message = flow.find((one) => short(one.name) === name);
      while ((message = message && byId.get(message.causationId ?? ''))) causes.push(short(message.name));
      return causes;
    };
    const madeByCheckout = ['order-placed', 'reserve-stock', 'expire-order'];
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
      const messages = await expectTree(flow, madeByCheckout, [told, ...last]);
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
      const messages = await expectTree(flow, madeByCheckout, ['payment-action-required', told, ...last]);
      for (const name of ['payment-action-required', told])
        expect(causesOf(messages, name)).toContain('authorize-payment');
    });

    it.each(['tok_timeout', 'tok_late_webhook'])(
      'holds what its timers bring about, and money that comes late (%s)',
      async (token) => {
        const { order, flow } = await checkout(token);
        await until(async () => (await order(5)).settled, 'the money is back', 30);
        await expectTree(flow, madeByCheckout, ['order-expired', 'stock-released', 'payment-voided']);
      },
      90_000,
    );

    it('of a refund and of a cancellation is a tree of its own', async () => {
      const { cart, order, id, flow } = await checkout('tok_ok');
      await expectTree(flow, madeByCheckout, ['payment-captured']);
      const { payment, total } = await until(async () => {
        const now = await order(2);
        return now.payment.status === 'captured' && now;
      });
      const refund = await shop()
        .http.post(`/api/v1/payments/${payment.id}/refunds`)
        .set({ ...(await shop().admin()), 'idempotency-key': newKey() })
        .send({ amount: { ...total, amount: 100 } })
        .expect(202);
      await expectTree(refund.headers['x-request-id'] as string, ['request-refund'], ['payment-refunded']);
      const cancel = await shop().http.post(`/api/v1/orders/${id}/cancel`).set('x-cart-token', cart.token).expect(202);
      await expectTree(
        cancel.headers['x-request-id'] as string,
        ['release-stock', 'cancel-payment'],
        ['order-cancelled', 'stock-released'],
      );
      await expectTree(flow, madeByCheckout, ['payment-captured']);
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
      const messages = await expectTree(flow, ['product-created'], ['availability-changed']);
      expect(causesOf(messages, 'availability-changed')).toContain('product-created');
    });
  },
  { ORDERING_PAYMENT_TIMEOUT: '6', RATE_LIMIT_CREDENTIALS: '1000/60' },
);
