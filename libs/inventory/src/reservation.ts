import { Aggregate } from '#kernel/core';
import {
  ReservationExpired,
  StockCommitted,
  StockRefused,
  StockReleased,
  StockReserved,
} from './contracts/reservation.js';
import { ExpireReservation } from './expire-reservation.js';
import type { Line, Stock } from './stock.js';

/** `none`: nobody has asked for this order yet. */
export type ReservationState = 'none' | 'held' | 'committed' | 'returned' | 'released' | 'expired' | 'refused';

/** What one order holds of the stock: every line, or nothing. */
export class Reservation extends Aggregate {
  constructor(
    readonly orderId: string,
    public state: ReservationState = 'none',
    public lines: readonly Line[] = [],
    public until: string | null = null,
    /** How often it was written; 0: never. */
    readonly version = 0,
  ) {
    super();
  }

  /** Holds all lines until `until`, or none. An order that was answered, or gave its stock up, gets nothing more. */
  reserve(lines: readonly Line[], until: string, stock: Stock): void {
    if (this.state !== 'none') return;
    this.lines = addedUp(lines);
    this.until = until;
    if (!this.hold(stock)) return;
    this.state = 'held';
    this.record(new StockReserved({ orderId: this.orderId, until }));
    this.send(new ExpireReservation({ orderId: this.orderId }), { at: until });
  }

  /** Takes out of the stock what is held, or, where its time was up, what can be held once more. */
  commit(stock: Stock): void {
    if (this.state === 'none') throw new Error(`order ${this.orderId} commits what it has never reserved`);
    if (this.state === 'expired' ? !this.hold(stock) : this.state !== 'held') return;
    for (const { sku, quantity } of this.lines) stock.item(sku).take(quantity);
    this.state = 'committed';
    this.record(new StockCommitted({ orderId: this.orderId }));
  }

  /** Gives back whatever is held or was taken. From then on the order can hold nothing, should it ask late. */
  giveBack(stock: Stock): void {
    if (this.state === 'held') for (const { sku, quantity } of this.lines) stock.item(sku).letGo(quantity);
    if (this.state === 'committed') for (const { sku, quantity } of this.lines) stock.item(sku).restock(quantity);
    this.state = this.state === 'committed' || this.state === 'returned' ? 'returned' : 'released';
    this.record(new StockReleased({ orderId: this.orderId }));
  }

  /** Lets go of what is held when its time has come. `now` in milliseconds since the epoch. */
  expire(now: number, stock: Stock): void {
    if (this.state !== 'held') return;
    const until = this.until!;
    if (now < Date.parse(until)) {
      // The clock of another process was ahead of this one's.
      this.send(new ExpireReservation({ orderId: this.orderId }), { at: until });
      return;
    }
    for (const { sku, quantity } of this.lines) stock.item(sku).letGo(quantity);
    this.state = 'expired';
    this.record(new ReservationExpired({ orderId: this.orderId }));
  }

  private hold(stock: Stock): boolean {
    const missing = stock.missing(this.lines);
    if (missing.length > 0) {
      this.state = 'refused';
      this.record(new StockRefused({ orderId: this.orderId, missing }));
      return false;
    }
    for (const { sku, quantity } of this.lines) stock.item(sku).hold(quantity);
    return true;
  }
}

/** One line per SKU. */
function addedUp(lines: readonly Line[]): Line[] {
  const quantities = new Map<string, number>();
  for (const { sku, quantity } of lines) quantities.set(sku, (quantities.get(sku) ?? 0) + quantity);
  return [...quantities].map(([sku, quantity]) => ({ sku, quantity }));
}
