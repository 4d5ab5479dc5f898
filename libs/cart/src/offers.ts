import type { Money } from '#kernel/messages';
import type { Line } from './cart.js';

interface Offer {
  readonly title: string;
  readonly price: Money;
}

/** What catalog said about the SKUs that it was asked about. */
export class Offers {
  constructor(
    private readonly asked: ReadonlySet<string>,
    private readonly offers: ReadonlyMap<string, Offer>,
    /** Of the offers; of the shop, where there are none. */
    readonly currency: string,
  ) {}

  /** Undefined where the SKU cannot be bought. */
  of(sku: string): Offer | undefined {
    return this.offers.get(sku);
  }

  /** A line that somebody put in meanwhile was not asked about: its own price is a moment old. */
  for({ sku, title, unitPrice }: Line): Offer | undefined {
    return this.asked.has(sku) ? this.of(sku) : { title, price: unitPrice };
  }
}
