import { expect, it } from '@jest/globals';
import { until } from '#kernel/testing';
import { newKey, onEveryTopology } from '../shop.js';

/** The shared shop runs with the interceptor of carrying.mjs. */
onEveryTopology('a header that an interceptor adds to a flow', (shop) => {
  it('goes with a request through its calls, sent commands and events, into every process', async () => {
    const [sku, value] = [`CARRIED-${newKey()}`, newKey()];
    await shop().sell(sku, 5);
    const cart = await shop().cartWith({ [sku]: 1 });
    await shop().checkout(cart, 'tok_ok').set('x-carried', value).expect(202);

    const line = new RegExp(`carried ${value} (.+) by (\\d+)`, 'g');
    const steps = () => [...shop().server.output.matchAll(line)].map(([, step, pid]) => ({ step, pid }));
    const expected = [
      'request POST /api/v1/carts/:id/checkout',
      'ask ordering.place-order.v1',
      'answer ordering.place-order.v1',
      'ask cart.get-cart-for-checkout.v1',
      'publish inventory.reserve-stock.v1',
      'deliver inventory.reserve-stock.v1 to inventory',
      'handle inventory.reserve-stock.v1 at inventory',
      'publish inventory.stock-reserved.v1',
      'deliver inventory.stock-reserved.v1 to ordering.checkout',
      'handle inventory.stock-reserved.v1 at ordering.checkout',
      'handle payments.authorize-payment.v1 at payments',
      'handle payments.payment-authorized.v1 at ordering.checkout', // which the provider's webhook tells of
    ];
    const missing = () => expected.filter((step) => steps().every((one) => one.step !== step));
    await until(() => missing().length === 0, 'each step').catch(() => undefined); // those that are missing are told below
    expect(missing()).toEqual([]);
    const pidsOf = (prefix: string) =>
      new Set(
        steps()
          .filter(({ step }) => step!.startsWith(prefix))
          .map(({ pid }) => pid),
      );
    const isSplit = shop().server.args.includes('--topology');
    expect([...pidsOf('request')].some((pid) => pidsOf('handle').has(pid))).toBe(!isSplit);
  });

  it('is not what the client sends: only an interceptor lets it in', async () => {
    const value = newKey();
    await shop().http.get('/api/v1/products').set({ carried: value, 'x-cleave-carried': value }).expect(200);
    expect(shop().server.output).not.toContain(`carried ${value}`);
  });
});
