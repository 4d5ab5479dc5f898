import { Database, On, sql, Subscriber } from '#kernel';
import { AvailabilityChanged } from '#inventory/contracts';
import { Products } from './products.js';

/**
 * Notes what can be had, also of a SKU that no product has yet, and shows it. No batches: whoever writes products locks
 * several of these rows too.
 */
@Subscriber('catalog.availability', { from: 'earliest' })
export class Availability {
  constructor(
    private readonly database: Database,
    private readonly products: Products,
  ) {}

  @On(AvailabilityChanged)
  async changed({ sku, available }: AvailabilityChanged): Promise<void> {
    const variant = await this.database.one<{ productId: string | null }>(sql`
      insert into variant (sku, available) values (${sku}, ${available})
      on conflict (sku) do update set available = excluded.available where variant.available <> excluded.available
      returning product_id as "productId"`);
    if (variant?.productId) await this.products.follow(variant.productId, sku, available);
  }
}
