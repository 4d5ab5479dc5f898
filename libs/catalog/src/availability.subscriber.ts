import { Database, On, sql, Subscriber } from '#kernel';
import { AvailabilityChanged } from '#inventory/contracts';

/** Notes what can be had, also of a SKU that no product has yet. No batches: an import locks several of these rows too. */
@Subscriber('catalog.availability', { from: 'earliest' })
export class Availability {
  constructor(private readonly database: Database) {}

  @On(AvailabilityChanged)
  async changed({ sku, available }: AvailabilityChanged): Promise<void> {
    await this.database.query(sql`
      insert into variant (sku, available) values (${sku}, ${available}) on conflict (sku) do update set available = excluded.available`);
  }
}
