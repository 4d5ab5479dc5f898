import { callContext, type CallContext, Database, Gathering, On, runIn, Subscriber } from '#kernel/core';
import { ProductChanged, ProductCreated } from '#catalog/contracts';
import { StockItems } from './stock-items.js';

/** What one message says of SKUs, with what it runs in: what comes of it is caused by it. */
interface Heard {
  readonly context: CallContext;
  readonly stock: ReadonlyMap<string, number>;
}

/**
 * Gives a SKU that is new to the shop its starting stock; one that is known keeps what it has, whatever product it moves to.
 * Batches are safe: they write no row that is there already, and those they make in one order.
 */
@Subscriber('inventory.starting-stock', { from: 'earliest', batch: 50 })
export class StartingStock {
  private readonly heard: Gathering<Heard[]>;

  constructor(
    database: Database,
    private readonly items: StockItems,
  ) {
    this.heard = new Gathering(
      database,
      (): Heard[] => [],
      (heard) => this.begin(heard),
    );
  }

  @On(ProductCreated)
  created({ variants }: ProductCreated): void {
    this.start(variants);
  }

  @On(ProductChanged)
  changed({ addedVariants }: ProductChanged): void {
    this.start(addedVariants);
  }

  private start(variants: ProductCreated['variants']): void {
    const stock = new Map(variants.map(({ sku, startingStock }) => [sku, startingStock ?? 0]));
    this.heard.all.push({ context: callContext()!, stock });
  }

  private async begin(heard: readonly Heard[]): Promise<void> {
    const first = new Map(heard.toReversed().flatMap(({ stock }) => [...stock]));
    const made = await this.items.create(first);
    for (const { context, stock } of heard) await runIn(context, () => this.items.save(made.of(stock.keys())));
  }
}
