import { describe, expect, it } from '@jest/globals';
import { Cart } from './cart.js';
import { Offers } from './offers.js';
import { priced } from './priced.js';

const eur = (amount: number) => ({ amount, currency: 'EUR' });
const cartOf = (...lines: [sku: string, quantity: number, amount: number][]) => {
  const cart = Cart.create('0199f3a2-7c1e-7abc-8def-000000000001', 'guest:a');
  for (const [sku, quantity, amount] of lines) cart.put(sku, quantity, { title: `Old ${sku}`, price: eur(amount) });
  return cart.state;
};
const asked = (skus: string[], offers: Record<string, { amount: number; currency: string }>, currency = 'EUR') =>
  new Offers(
    new Set(skus),
    new Map(Object.entries(offers).map(([sku, price]) => [sku, { title: `New ${sku}`, price }])),
    currency,
  );

describe('A priced cart', () => {
  it('costs what the offers say now, not what was said when the lines were put in', () => {
    const view = priced(cartOf(['A', 3, 100]), asked(['A'], { A: eur(150) }));
    expect(view).toMatchObject({ total: eur(450), currency: 'EUR' });
    expect(view.lines).toEqual([
      { sku: 'A', quantity: 3, title: 'New A', unitPrice: eur(150), lineTotal: eur(450), available: true },
    ]);
  });

  it('shows a line whose offer is gone at its last known title and price, and counts it for nothing', () => {
    const view = priced(cartOf(['A', 3, 100], ['B', 1, 70]), asked(['A', 'B'], { B: eur(70) }));
    expect(view.lines[0]).toEqual({
      sku: 'A',
      quantity: 3,
      title: 'Old A',
      unitPrice: eur(100),
      lineTotal: eur(0),
      available: false,
    });
    expect(view.total).toEqual(eur(70));
  });

  it('takes a line that was not asked about at its own price', () => {
    expect(priced(cartOf(['A', 2, 100]), asked([], {}))).toMatchObject({
      total: eur(200),
      lines: [{ available: true }],
    });
  });

  it('never adds up two currencies', () => {
    const view = priced(
      cartOf(['A', 1, 100], ['B', 1, 70]),
      asked(['A', 'B'], { A: eur(100), B: { amount: 90, currency: 'USD' } }),
    );
    expect(view).toMatchObject({
      total: eur(100),
      lines: [{ available: true }, { available: false, lineTotal: eur(0) }],
    });
  });

  it('costs 0 of the shop’s currency while it is empty', () => {
    expect(priced(cartOf(), asked([], {}, 'CHF')).total).toEqual({ amount: 0, currency: 'CHF' });
  });

  it('refuses a total that could not be told exactly', () => {
    const half = (Number.MAX_SAFE_INTEGER + 1) / 2;
    const tooLarge = expect.objectContaining({ code: 'cart.total_too_large' });
    expect(() => priced(cartOf(['A', 2, half]), asked([], {}))).toThrow(tooLarge);
    expect(() => priced(cartOf(['A', 1, half], ['B', 1, half]), asked([], {}))).toThrow(tooLarge);
    expect(priced(cartOf(['A', 1, half], ['B', 1, half - 1]), asked([], {})).total).toEqual(
      eur(Number.MAX_SAFE_INTEGER),
    );
  });
});
