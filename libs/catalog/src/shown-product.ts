import type { Product } from './contracts/product.js';
import type { ProductDocument } from './product.js';

/** A product as the hot reads find it: one row, its SKUs that can be had beside it. */
export interface ProductRow {
  readonly document: ProductDocument;
  readonly available: string[];
}

export function shown({ document, available }: ProductRow): Product {
  const skus = new Set(available);
  return {
    ...document,
    variants: document.variants.map((variant) => ({ ...variant, available: skus.has(variant.sku) })),
  };
}
