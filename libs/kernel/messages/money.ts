import type { Money } from './schema.js';

/** An amount beyond 2^53, where JavaScript rounds. */
export class InexactAmount extends RangeError {}

/**
 * The sum of amounts of one currency, which must be `currency`; 0 of it where there are none. The one way to add money.
 * @throws TypeError where an amount is in another currency: there is no such sum
 * @throws InexactAmount
 */
export function addMoney(amounts: Iterable<Money>, currency: string): Money {
  let sum = 0;
  for (const money of amounts) {
    if (money.currency !== currency)
      throw new TypeError(`${money.amount} ${money.currency} cannot be added to an amount in ${currency}`);
    sum = exact(sum + money.amount);
  }
  return { amount: sum, currency };
}

/** The price of `quantity` pieces. @throws InexactAmount */
export const multiplyMoney = ({ amount, currency }: Money, quantity: number): Money => ({
  amount: exact(amount * quantity),
  currency,
});

function exact(amount: number): number {
  if (!Number.isSafeInteger(amount)) throw new InexactAmount(`the amount ${amount} is not exact`);
  return amount;
}
