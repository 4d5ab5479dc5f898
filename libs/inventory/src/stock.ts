import { Aggregate } from '#kernel/core';
import { StockItem } from './stock-item.js';

export interface Line {
  readonly sku: string;
  readonly quantity: number;
}

/** The stock items that one command works on: locked together, decided on together, written in one statement. */
export class Stock extends Aggregate {
  private readonly items: ReadonlyMap<string, StockItem>;

  constructor(items: readonly StockItem[]) {
    super();
    this.items = new Map(items.map((item) => [item.sku, item]));
  }

  get changed(): StockItem[] {
    return [...this.items.values()].filter(({ changed }) => changed);
  }

  /** Of these items those with one of the SKUs. */
  of(skus: Iterable<string>): Stock {
    return new Stock([...skus].flatMap((sku) => this.items.get(sku) ?? []));
  }

  /** @throws Error for a SKU that was not there to be locked */
  item(sku: string): StockItem {
    const item = this.items.get(sku);
    if (!item) throw new Error(`there is no stock item ${sku}`);
    return item;
  }

  /** The lines of which there is not enough. Of a SKU that nobody has heard of there are none. */
  missing(lines: readonly Line[]): { sku: string; requested: number; available: number }[] {
    return lines
      .map(({ sku, quantity }) => ({ sku, requested: quantity, available: this.items.get(sku)?.available ?? 0 }))
      .filter(({ requested, available }) => available < requested);
  }

  override release() {
    return [...this.items.values()].flatMap((item) => item.release());
  }
}
