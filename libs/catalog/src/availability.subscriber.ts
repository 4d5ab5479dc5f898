import { Database, Gathering, On, Subscriber } from '#kernel/core';
import { AvailabilityChanged } from '#inventory/contracts';
import { Products } from './products.js';

/**
 * Notes what can be had, also of a SKU that no product has yet, and shows it. Batches are safe: they do all at their end,
 * and whoever writes several products takes turns.
 */
@Subscriber('catalog.availability', { from: 'earliest', batch: 100 })
export class Availability {
  /** The last word on each SKU. */
  private readonly heard: Gathering<Map<string, boolean>>;

  constructor(database: Database, products: Products) {
    this.heard = new Gathering(
      database,
      () => new Map(),
      (stock) => products.follow(stock),
    );
  }

  @On(AvailabilityChanged)
  changed({ sku, available }: AvailabilityChanged): void {
    this.heard.all.set(sku, available);
  }
}
