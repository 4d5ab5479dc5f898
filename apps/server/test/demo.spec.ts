import { describe, expect, it } from '@jest/globals';
import { until } from '#kernel/testing';
import { RunningServer } from './running-server.js';
import { type Money, Shop } from './shop.js';

describe('the demo', () => {
  it.each(['JPY', 'KWD'])(
    'comes in %s, and is sold',
    async (currency) => {
      const server = await RunningServer.start({ env: { CLEAVE_CURRENCY: currency } });
      try {
        await until(() => server.output.includes('Cleave is ready.'), 'it says that it is ready', 60);
        const shop = new Shop(server);
        const { body } = await shop.http.get('/api/v1/products?limit=100').expect(200);
        const variants = (body as { items: { variants: { sku: string; available: boolean; price: Money }[] }[] }).items
          .flatMap((product) => product.variants)
          .filter(({ price }) => price.currency === currency);
        expect(variants.length).toBeGreaterThan(150);
        const { sku, price } = variants.find(({ available }) => available)!;
        const { order } = await shop.buy({ [sku]: 2 }, 'tok_ok');
        expect(order).toMatchObject({
          status: 'confirmed',
          total: { amount: price.amount * 2, currency },
          payment: { status: 'captured' },
        });
      } finally {
        await server.stop();
      }
    },
    120_000,
  );
});
