import { isDeepStrictEqual } from 'node:util';
import type { Ids } from '#kernel/base';
import { Aggregate } from '#kernel/core';
import type { ImportedProduct } from './contracts/imported-product.js';
import { ProductChanged, ProductCreated } from './contracts/product-events.js';
import type { Product as ShownProduct } from './contracts/product.js';
import type { ProductPatch } from './contracts/written-product.js';

type NewIds = Pick<Ids, 'next'>;
type Known = ReadonlyMap<string, { readonly id: string; readonly available: boolean }>;

/** A product is its document: what is shown of it, whole. */
export class Product extends Aggregate {
  changed = false;
  /** SKUs that are this product's no longer. */
  removedSkus: string[] = [];

  private constructor(
    public document: ShownProduct,
    /** The category in which it counted when it was read. */
    private readonly countedIn: string | null,
  ) {
    super();
  }

  static stored(document: ShownProduct): Product {
    return new Product(document, shelfOf(document));
  }

  static create(imported: ImportedProduct, ids: NewIds, now: string): Product {
    const id = ids.next();
    const described = { ...imported, variants: variantsOf(imported, new Map(), ids) };
    const product = new Product({ id, version: '1.0', ...described, createdAt: now, updatedAt: now }, null);
    product.changed = true;
    const variants = product.newVariants(imported, new Map());
    return product.record(new ProductCreated({ productId: id, handle: imported.handle, variants }));
  }

  get skus(): string[] {
    return this.document.variants.map(({ sku }) => sku);
  }

  /** Where it counts no more, and where it counts now, if that is another place. */
  get moved(): { readonly from: string | null; readonly to: string | null } | undefined {
    const to = shelfOf(this.document);
    return to === this.countedIn ? undefined : { from: this.countedIn, to };
  }

  /** Is this the product that somebody read as one of `versions`? What the stock changed since does not count. */
  isOneOf(versions: readonly string[]): boolean {
    const [written] = this.document.version.split('.');
    return versions.some((version) => version.split('.')[0] === written);
  }

  /** Brings the product up to what the import says; a variant is the same one as long as its SKU is. */
  update(imported: ImportedProduct, ids: NewIds, now: string): void {
    const { id, version, createdAt, updatedAt, variants } = this.document;
    const known = new Map(variants.map((variant) => [variant.sku, variant]));
    const described = { ...imported, variants: variantsOf(imported, known, ids) };
    const document = { id, version, ...described, createdAt, updatedAt };
    if (isDeepStrictEqual(document, this.document)) return;
    this.document = { ...document, version: following(version, 'written'), updatedAt: now };
    this.changed = true;
    const kept = new Set(this.skus);
    this.removedSkus = [...known.keys()].filter((sku) => !kept.has(sku));
    const addedVariants = this.newVariants(imported, known);
    this.record(new ProductChanged({ productId: id, addedVariants, removedSkus: this.removedSkus }));
  }

  /** Changes what the patch names (RFC 7396). */
  edit({ variants, images, ...patch }: ProductPatch, ids: NewIds, now: string): void {
    const asked = Object.entries(patch).filter(([, value]) => value !== undefined);
    const changes = Object.fromEntries(asked.map(([name, value]) => [name, value ?? emptied[name] ?? null]));
    this.update(
      {
        ...this.asImported(),
        ...changes,
        ...(variants && { variants: variants.map(titled) }),
        ...(images !== undefined && { images: (images ?? []).map(placed) }),
      },
      ids,
      now,
    );
  }

  become(status: ShownProduct['status'], ids: NewIds, now: string): void {
    this.update({ ...this.asImported(), status }, ids, now);
  }

  /**
   * Shows what can be had, as far as `stock` tells; each variant that shows another face makes a version. What is priced in
   * another currency than the shop's cannot.
   */
  follow(stock: ReadonlyMap<string, boolean>, currency: string): void {
    const { variants } = this.document;
    const told = variants.map((variant) => ({
      ...variant,
      available: (stock.get(variant.sku) ?? variant.available) && variant.price.currency === currency,
    }));
    const turned = told.filter(({ available }, index) => available !== variants[index]!.available);
    const version = turned.reduce((before) => following(before, 'stock'), this.document.version);
    this.changed ||= turned.length > 0;
    this.document = { ...this.document, version, variants: told };
  }

  private newVariants(imported: ImportedProduct, known: Known): ProductCreated['variants'] {
    const startingStock = new Map(imported.variants.map(({ sku, inventoryQuantity }) => [sku, inventoryQuantity]));
    return this.document.variants
      .filter(({ sku }) => !known.has(sku))
      .map(({ id, sku }) => ({ variantId: id, sku, startingStock: startingStock.get(sku) ?? null }));
  }

  private asImported(): ImportedProduct {
    const { id: _id, version: _version, createdAt: _createdAt, updatedAt: _updatedAt, ...described } = this.document;
    const variants = described.variants.map(({ id: _variantId, available: _available, ...variant }) => ({
      ...variant,
      inventoryQuantity: null,
    }));
    return { ...described, variants };
  }
}

/** What null leaves of a list, or of a text that is always there. */
const emptied: Readonly<Record<string, unknown>> = { description: '', tags: [], options: [] };

const shelfOf = ({ status, category }: ShownProduct): string | null => (status === 'published' ? category : null);

/** A variant is called by its options. */
export const titled = <Variant extends { options: string[] }>(variant: Variant): Variant & { title: string } => ({
  ...variant,
  title: variant.options.join(' / ') || 'Default',
});

export const placed = <Image extends object>(image: Image, index: number): Image & { position: number } => ({
  ...image,
  position: index + 1,
});

/** `3.1` says: written three times, and its stock showed another face once. */
function following(version: string, what: 'written' | 'stock'): string {
  const [written, stock] = version.split('.').map(Number) as [number, number];
  return what === 'written' ? `${written + 1}.${stock}` : `${written}.${stock + 1}`;
}

function variantsOf(imported: ImportedProduct, known: Known, ids: NewIds): ShownProduct['variants'] {
  return imported.variants.map(({ inventoryQuantity: _stock, ...variant }) => {
    const { id = ids.next(), available = false } = known.get(variant.sku) ?? {};
    return { id, ...variant, available };
  });
}
