import { Aggregate } from '#kernel/core';
import type { Money } from '#kernel/messages';
import { HandOverCart } from '#ordering/contracts';
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
  owner: string;
  status: CartView['status'];
  /** In the order in which the SKUs were first put in. */
  lines: Line[];
  orderId: string | null;
  /** The youngest order that the cart has heard of; it stays when that order is gone. */
  lastOrderId: string | null;
  /** The member's cart that took this one in. */
  mergedInto: string | null;
}

const MAX_LINES = 200;
const MAX_QUANTITY = 1_000;

export class Cart extends Aggregate {
  constructor(
    readonly state: CartState,
    /** How often it was written; 0: never. */
    readonly version = 0,
  ) {
    super();
  }

  static create(id: string, owner: string, lines: Line[] = []): Cart {
    return new Cart({ id, owner, status: 'active', lines, orderId: null, lastOrderId: null, mergedInto: null });
  }

  get belongsToMember(): boolean {
    return this.state.owner.startsWith('user:');
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

  /** A guest's cart becomes a member's, as it is. */
  handOver(owner: string): void {
    this.state.owner = owner;
  }

  /**
   * Takes in another cart, which becomes the same member's: a SKU in both counts for the sum, 1,000 at most. SKUs that
   * find no room stay in the other.
   */
  takeIn(other: Cart): void {
    const lines = new Map(this.state.lines.map((line) => [line.sku, line]));
    const noRoom: Line[] = [];
    for (const line of other.state.lines) {
      const here = lines.get(line.sku);
      if (here) lines.set(line.sku, { ...here, quantity: Math.min(here.quantity + line.quantity, MAX_QUANTITY) });
      else if (lines.size < MAX_LINES) lines.set(line.sku, line);
      else noRoom.push(line);
    }
    this.state.lines = [...lines.values()];
    const { id: mergedInto, owner } = this.state;
    Object.assign(other.state, { owner, status: 'merged', lines: noRoom, mergedInto });
  }

  /**
   * The cart became an order. Events of different orders come in any order, and one cart has one live order at a time:
   * an order older than the last one that was heard of is over. Order ids sort by time.
   *
   * Answers what came into a member's cart after it had been read for the order: it is not ordered, and leaves the cart.
   */
  checkOut(orderId: string, ordered?: readonly { sku: string; quantity: number }[]): Line[] {
    const { status, lastOrderId } = this.state;
    if (status === 'merged' || (lastOrderId !== null && orderId <= lastOrderId)) return [];
    Object.assign(this.state, { status: 'checked_out', orderId, lastOrderId: orderId });
    return status === 'active' && ordered && this.belongsToMember ? this.leave(ordered) : [];
  }

  /**
   * Its order came to nothing: the buyer may go on. Another order's end does not open it. A member has one active cart:
   * where a `newer` one has something in it, this one goes into that, as soon as ordering lets nobody order it any more.
   */
  reopen(orderId: string, newer?: Cart): void {
    if (orderId !== this.state.orderId) return;
    const yields = newer !== undefined && newer.state.lines.length > 0;
    Object.assign(this.state, { status: yields ? 'abandoned' : 'active', orderId: null });
    if (yields) this.send(new HandOverCart({ cartId: this.state.id, owner: null }));
    else if (newer) newer.state.status = 'abandoned';
  }

  /** Keeps what was ordered, and answers the rest. */
  private leave(ordered: readonly { sku: string; quantity: number }[]): Line[] {
    const quantities = new Map(ordered.map(({ sku, quantity }) => [sku, quantity]));
    const { lines } = this.state;
    const split = (share: (line: Line, ordered: number) => number) =>
      lines
        .map((line) => ({ ...line, quantity: share(line, quantities.get(line.sku) ?? 0) }))
        .filter(({ quantity }) => quantity > 0);
    this.state.lines = split(({ quantity }, taken) => Math.min(quantity, taken));
    return split(({ quantity }, taken) => quantity - taken);
  }

  private assertActive(): void {
    if (this.state.status !== 'active') throw SetCartItem.failure('cart.not_active');
  }
}
