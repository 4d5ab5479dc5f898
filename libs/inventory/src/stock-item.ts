import { Aggregate } from '#kernel/core';
import { AvailabilityChanged, SetStock } from './contracts/stock.js';

interface Pieces {
  readonly onHand: number;
  readonly reserved: number;
}

/** The pieces of one SKU: 0 ≤ reserved ≤ onHand, always. Tells only when the last one goes or the first comes back. */
export class StockItem extends Aggregate {
  changed = false;
  /** The pieces as they were read. */
  readonly before: Pieces;

  constructor(
    readonly sku: string,
    private pieces: Pieces,
  ) {
    super();
    this.before = pieces;
  }

  /** As it is made, with its first pieces. */
  static create(sku: string, onHand: number): StockItem {
    const item = new StockItem(sku, { onHand, reserved: 0 });
    if (onHand > 0) item.record(new AvailabilityChanged({ sku, available: true }));
    return item;
  }

  get onHand(): number {
    return this.pieces.onHand;
  }

  get reserved(): number {
    return this.pieces.reserved;
  }

  get available(): number {
    return this.onHand - this.reserved;
  }

  /** @throws inventory.below_reserved when more is reserved than that */
  set(onHand: number): void {
    const { reserved } = this;
    if (onHand < reserved) throw SetStock.failure('inventory.below_reserved', { reserved });
    this.become({ onHand, reserved });
  }

  hold(quantity: number): void {
    this.become({ onHand: this.onHand, reserved: this.reserved + quantity });
  }

  letGo(quantity: number): void {
    this.become({ onHand: this.onHand, reserved: this.reserved - quantity });
  }

  /** Takes what was held out of the stock: it leaves the house. */
  take(quantity: number): void {
    this.become({ onHand: this.onHand - quantity, reserved: this.reserved - quantity });
  }

  restock(quantity: number): void {
    this.become({ onHand: this.onHand + quantity, reserved: this.reserved });
  }

  private become(pieces: Pieces): void {
    if (pieces.reserved < 0 || pieces.reserved > pieces.onHand) {
      throw new Error(`${this.sku} cannot have ${pieces.reserved} of ${pieces.onHand} reserved`);
    }
    const before = this.available > 0;
    this.pieces = pieces;
    this.changed = true;
    const available = this.available > 0;
    if (available !== before) this.record(new AvailabilityChanged({ sku: this.sku, available }));
  }
}
