import { Aggregate, type Money } from '#kernel';
import { type Cart as CartView, SetCartItem } from './contracts/index.js';

/** A SKU and how many of it, with the title and the price that it had when it was put in. */
export interface Line {
  readonly sku: string;
  readonly quantity: number;
  readonly title: string;
  readonly unitPrice: Money;
}

export interface CartState {
  readonly id: string;
  readonly owner: string;
  status: CartView['status'];
  /** In the order in which the SKUs were first put in. */
  lines: Line[];
  orderId: string | null;
  /** The youngest order that the cart has heard of; it stays when that order is gone. */
  lastOrderId: string | null;
}

const MAX_LINES = 200;

export class Cart extends Aggregate {
  constructor(readonly state: CartState) {
    super();
  }

  static create(id: string, owner: string): Cart {
    return new Cart({ id, owner, status: 'active', lines: [], orderId: null, lastOrderId: null });
  }

  /** Sets how many of a SKU the cart holds. @throws cart.not_active, cart.sku_not_found, cart.too_many_lines */
  put(sku: string, quantity: number, offer: { title: string; price: Money } | undefined): void {
    if (quantity === 0) return this.remove(sku);
    this.assertActive();
    if (!offer) throw SetCartItem.failure('cart.sku_not_found');
    const { lines } = this.state;
    const line = { sku, quantity, title: offer.title, unitPrice: offer.price };
    const place = lines.findIndex((other) => other.sku === sku);
    if (place < 0 && lines.length >= MAX_LINES) throw SetCartItem.failure('cart.too_many_lines');
    this.state.lines = place < 0 ? [...lines, line] : lines.with(place, line);
  }

  /** @throws cart.not_active */
  remove(sku: string): void {
    this.assertActive();
    this.state.lines = this.state.lines.filter((line) => line.sku !== sku);
  }

  /**
   * The cart became an order. Events of different orders come in any order, and one cart has one live order at a time:
   * an order older than the last one that was heard of is over. Order ids sort by time.
   */
  checkOut(orderId: string): void {
    const { lastOrderId } = this.state;
    if (lastOrderId !== null && orderId <= lastOrderId) return;
    Object.assign(this.state, { status: 'checked_out', orderId, lastOrderId: orderId });
  }

  /** Its order came to nothing: the buyer may go on. Another order's end does not open it. */
  reopen(orderId: string): void {
    if (orderId === this.state.orderId) Object.assign(this.state, { status: 'active', orderId: null });
  }

  private assertActive(): void {
    if (this.state.status !== 'active') throw SetCartItem.failure('cart.not_active');
  }
}
