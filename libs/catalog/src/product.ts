import { isDeepStrictEqual } from 'node:util';
import type * as z from 'zod';
import { Aggregate, type Ids } from '#kernel';
import type { ImportedProduct } from './contracts/imported-product.js';
import { ProductChanged, ProductCreated } from './contracts/product-events.js';
import type { Product as ShownProduct, Variant } from './contracts/product.js';

/** The product as it is shown, but for `available`: that is the stock's to say. */
export type ProductDocument = Omit<ShownProduct, 'variants'> & {
  variants: Omit<z.infer<typeof Variant>, 'available'>[];
};

export class Product extends Aggregate {
  changed = false;
  /** SKUs that are this product's no longer. */
  removedSkus: string[] = [];

  private constructor(public document: ProductDocument) {
    super();
  }

  static stored(document: ProductDocument): Product {
    return new Product(document);
  }

  static create(imported: ImportedProduct, ids: Pick<Ids, 'next'>, now: string): Product {
    const id = ids.next();
    const product = new Product({ ...described(imported, new Map(), ids), id, createdAt: now, updatedAt: now });
    product.changed = true;
    const variants = product.newVariants(imported, new Set());
    return product.record(new ProductCreated({ productId: id, handle: imported.handle, variants }));
  }

  get skus(): string[] {
    return this.document.variants.map(({ sku }) => sku);
  }

  /** Brings the product up to what the import says; a variant is the same one as long as its SKU is. */
  update(imported: ImportedProduct, ids: Pick<Ids, 'next'>, now: string): void {
    const { id, createdAt, updatedAt, variants } = this.document;
    const known = new Map(variants.map((variant) => [variant.sku, variant.id]));
    const document = { ...described(imported, known, ids), id, createdAt, updatedAt };
    if (isDeepStrictEqual(document, this.document)) return;
    this.document = { ...document, updatedAt: now };
    this.changed = true;
    const kept = new Set(this.skus);
    this.removedSkus = [...known.keys()].filter((sku) => !kept.has(sku));
    const addedVariants = this.newVariants(imported, known);
    this.record(new ProductChanged({ productId: id, addedVariants, removedSkus: this.removedSkus }));
  }

  private newVariants(imported: ImportedProduct, known: { has(sku: string): boolean }): ProductCreated['variants'] {
    const startingStock = new Map(imported.variants.map(({ sku, inventoryQuantity }) => [sku, inventoryQuantity]));
    return this.document.variants
      .filter(({ sku }) => !known.has(sku))
      .map(({ id, sku }) => ({ variantId: id, sku, startingStock: startingStock.get(sku) ?? null }));
  }
}

type Described = Omit<ProductDocument, 'id' | 'createdAt' | 'updatedAt'>;

function described(imported: ImportedProduct, known: ReadonlyMap<string, string>, ids: Pick<Ids, 'next'>): Described {
  const variants = imported.variants.map(({ inventoryQuantity: _stock, ...variant }) => ({
    id: known.get(variant.sku) ?? ids.next(),
    ...variant,
  }));
  return { ...imported, variants };
}
