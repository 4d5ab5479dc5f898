import type { Ids } from '#kernel/base';
import { Aggregate } from '#kernel/core';
import type { ImportedProduct } from './contracts/imported-product.js';
import type { ImportRejectionCode } from './contracts/import-rejections.js';
import { currencyProblems } from './currency-fit.js';
import { Product } from './product.js';

interface Rejection {
  readonly handle: string;
  readonly code: ImportRejectionCode;
  readonly message: string;
  /** A JSON pointer into the product. */
  readonly pointer?: string;
}

/** The products of one import: locked together, decided on one after the other, written in few statements. */
export class ProductImport extends Aggregate {
  readonly report = { created: 0, updated: 0, unchanged: 0, rejected: [] as Rejection[] };
  private readonly products: Map<string, Product>;
  private readonly seen = new Set<string>();

  /** `owners`: which product, by its handle, has a SKU, of all SKUs that the import names. */
  constructor(
    products: readonly Product[],
    private readonly owners: Map<string, string>,
    private readonly currency: string,
  ) {
    super();
    this.products = new Map(products.map((product) => [product.document.handle, product]));
  }

  get changed(): Product[] {
    return [...this.products.values()].filter(({ changed }) => changed);
  }

  bring(imported: ImportedProduct, ids: Pick<Ids, 'next'>, now: string): void {
    const rejection = this.rejection(imported);
    this.seen.add(imported.handle);
    if (rejection) {
      this.report.rejected.push({ handle: imported.handle, ...rejection });
      return;
    }
    const existing = this.products.get(imported.handle);
    const product = existing ?? Product.create(imported, ids, now);
    this.products.set(imported.handle, product);
    existing?.update(imported, ids, now);
    for (const sku of product.removedSkus) this.owners.delete(sku);
    for (const sku of product.skus) this.owners.set(sku, imported.handle);
    this.report[!existing ? 'created' : existing.changed ? 'updated' : 'unchanged']++;
  }

  override release() {
    return this.changed.flatMap((product) => product.release());
  }

  private rejection({ handle, variants }: ImportedProduct): Omit<Rejection, 'handle'> | undefined {
    if (this.seen.has(handle)) {
      return { code: 'catalog.import.handle_repeated', message: `The product "${handle}" stands in this import twice` };
    }
    const [foreign] = currencyProblems(variants, this.currency);
    if (foreign) return { code: 'catalog.import.currency_differs', ...foreign };
    const skus = new Set<string>();
    for (const { sku } of variants) {
      const owner = this.owners.get(sku) ?? handle;
      if (owner !== handle)
        return { code: 'catalog.import.sku_taken', message: `The SKU "${sku}" belongs to the product "${owner}"` };
      if (skus.has(sku))
        return { code: 'catalog.import.sku_repeated', message: `The SKU "${sku}" stands in this product twice` };
      skus.add(sku);
    }
    return undefined;
  }
}
