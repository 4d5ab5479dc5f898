import type { CartState } from './cart.js';
import { type Cart as CartView, SetCartItem } from './contracts/index.js';
import type { Offers } from './offers.js';

/** The cart at today's prices. What cannot be bought, or is offered in another currency than the rest, counts for nothing. */
export function priced({ id, status, lines, orderId }: CartState, offers: Offers, shopCurrency: string): CartView {
  const offered = lines.map((line) => ({ line, offer: offers.for(line) }));
  const first = offered.find(({ offer }) => offer)?.offer?.price ?? lines[0]?.unitPrice;
  const currency = first?.currency ?? shopCurrency;
  const shown = offered.map(({ line: { sku, quantity, title, unitPrice }, offer }) => {
    const available = offer?.price.currency === currency;
    const amount = available ? exact(offer.price.amount * quantity) : 0;
    return {
      sku,
      quantity,
      title: offer?.title ?? title,
      unitPrice: offer?.price ?? unitPrice,
      lineTotal: { amount, currency },
      available,
    };
  });
  const total = shown.reduce((sum, { lineTotal }) => exact(sum + lineTotal.amount), 0);
  return { id, status, lines: shown, total: { amount: total, currency }, currency, orderId };
}

/** Beyond 2^53 JavaScript rounds: better no cart than a wrong price. */
function exact(amount: number): number {
  if (!Number.isSafeInteger(amount)) throw SetCartItem.failure('cart.total_too_large');
  return amount;
}
