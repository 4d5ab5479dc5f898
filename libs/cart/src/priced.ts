import { addMoney, InexactAmount, multiplyMoney } from '#kernel/messages';
import type { CartState } from './cart.js';
import { type Cart as CartView, SetCartItem } from './contracts/index.js';
import type { Offers } from './offers.js';

/** The cart at today's prices. What cannot be bought, or costs another currency than the cart, counts for nothing. */
export function priced({ id, status, lines, orderId }: CartState, offers: Offers): CartView {
  const { currency } = offers;
  const shown = lines.map((line) => {
    const offer = offers.for(line);
    const available = offer?.price.currency === currency;
    return {
      sku: line.sku,
      quantity: line.quantity,
      title: offer?.title ?? line.title,
      unitPrice: offer?.price ?? line.unitPrice,
      lineTotal: available ? exactly(() => multiplyMoney(offer.price, line.quantity)) : { amount: 0, currency },
      available,
    };
  });
  const totals = shown.map(({ lineTotal }) => lineTotal);
  return { id, status, lines: shown, total: exactly(() => addMoney(totals, currency)), currency, orderId };
}

/** Better no cart than a price that was rounded. */
function exactly<Counted>(count: () => Counted): Counted {
  try {
    return count();
  } catch (error) {
    throw error instanceof InexactAmount ? SetCartItem.failure('cart.total_too_large') : error;
  }
}
