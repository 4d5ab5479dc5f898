import { On, Subscriber } from '#kernel';
import { ProductChanged, ProductCreated } from '#catalog/contracts';
import { StockItems } from './stock-items.js';

/**
 * Gives a SKU that is new to the shop its starting stock; one that is known keeps what it has, whatever product it moves to.
 * Batches are safe: of the rows that others lock it writes none but those it has just made.
 */
@Subscriber('inventory.starting-stock', { from: 'earliest', batch: 50 })
export class StartingStock {
  constructor(private readonly items: StockItems) {}

  @On(ProductCreated)
  created({ variants }: ProductCreated) {
    return this.start(variants);
  }

  @On(ProductChanged)
  changed({ addedVariants }: ProductChanged) {
    return this.start(addedVariants);
  }

  private async start(variants: ProductCreated['variants']): Promise<void> {
    const stock = await this.items.create(variants.map(({ sku }) => sku));
    for (const { sku, startingStock } of variants) if (stock.has(sku)) stock.item(sku).set(startingStock ?? 0);
    await this.items.save(stock);
  }
}
