import { Repository, sql } from '#kernel';
import { StockItem } from './stock-item.js';
import { Stock } from './stock.js';

export class StockItems extends Repository<Stock> {
  /** The items of these SKUs, as far as there are any. Always locked in SKU order: buyers wait, and never for each other. */
  async lock(skus: readonly string[]): Promise<Stock> {
    const rows = await this.database.query<{ sku: string; onHand: number; reserved: number }>(sql`
      select sku, on_hand as "onHand", reserved from stock_item where sku = any(${skus}::text[]) order by sku for update`);
    return new Stock(rows.map(({ sku, ...pieces }) => new StockItem(sku, pieces)));
  }

  /** Makes the items of those SKUs that have none yet, empty; answers the new ones alone. */
  async create(skus: readonly string[]): Promise<Stock> {
    const rows = await this.database.query<{ sku: string }>(sql`
      insert into stock_item (sku) select sku from unnest(${skus}::text[]) sku order by sku on conflict do nothing returning sku`);
    return new Stock(rows.map(({ sku }) => new StockItem(sku, { onHand: 0, reserved: 0 })));
  }

  protected async store({ changed }: Stock): Promise<void> {
    if (changed.length === 0) return;
    const skus = changed.map(({ sku }) => sku);
    const onHand = changed.map((item) => item.onHand);
    const reserved = changed.map((item) => item.reserved);
    await this.database.write(sql`
      update stock_item set on_hand = item.on_hand, reserved = item.reserved
      from unnest(${skus}::text[], ${onHand}::bigint[], ${reserved}::bigint[]) item(sku, on_hand, reserved)
      where stock_item.sku = item.sku`);
  }
}
