import { Repository, sql } from '#kernel/core';
import { StockItem } from './stock-item.js';
import { Stock } from './stock.js';

export class StockItems extends Repository<Stock> {
  /** The items of these SKUs, as far as there are any. Always locked in SKU order: buyers wait, and never for each other. */
  async lock(skus: readonly string[]): Promise<Stock> {
    const rows = await this.database.query<{ sku: string; onHand: number; reserved: number }>(sql`
      select sku, on_hand as "onHand", reserved from stock_item where sku = any(${skus}::text[]) order by sku for update`);
    return new Stock(rows.map(({ sku, ...pieces }) => new StockItem(sku, pieces)));
  }

  /** Makes the items of those SKUs that have none yet, with so many pieces; answers the new ones alone. */
  async create(stock: ReadonlyMap<string, number>): Promise<Stock> {
    const rows = await this.database.query<{ sku: string; onHand: number }>(sql`
      insert into stock_item (sku, on_hand)
      select * from unnest(${[...stock.keys()]}::text[], ${[...stock.values()]}::bigint[]) item(sku) order by sku
      on conflict do nothing returning sku, on_hand as "onHand"`);
    return new Stock(rows.map(({ sku, onHand }) => StockItem.create(sku, onHand)));
  }

  protected async store({ changed }: Stock): Promise<void> {
    if (changed.length === 0) return;
    const skus = changed.map(({ sku }) => sku);
    const onHand = changed.map((item) => item.onHand);
    const reserved = changed.map((item) => item.reserved);
    const before = [changed.map((item) => item.before.onHand), changed.map((item) => item.before.reserved)];
    await this.database.change(sql`
      update stock_item set on_hand = item.on_hand, reserved = item.reserved
      from unnest(${skus}::text[], ${onHand}::bigint[], ${reserved}::bigint[], ${before[0]}::bigint[], ${before[1]}::bigint[])
        item(sku, on_hand, reserved, had, held)
      where stock_item.sku = item.sku and stock_item.on_hand = had and stock_item.reserved = held`);
  }
}
