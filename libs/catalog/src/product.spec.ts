import { beforeEach, describe, expect, it } from '@jest/globals';
import { aggregateSpec } from '#kernel/testing';
import type { ImportedProduct } from './contracts/imported-product.js';
import { ProductChanged, ProductCreated } from './contracts/product-events.js';
import type { ProductPatch } from './contracts/written-product.js';
import { Product } from './product.js';
import { ProductImport } from './product-import.js';
import { imported, variant } from './test/sample-product.js';

const now = '2026-01-31T12:00:00.000Z';
const later = '2026-02-01T12:00:00.000Z';
let next = 0;
const ids = { next: () => `id-${++next}` };
beforeEach(() => void (next = 0));

const decide = (product: Product | undefined, command: object): Product => {
  if (!product) return Product.create(command as ImportedProduct, ids, now);
  product.update(command as ImportedProduct, ids, later);
  return product;
};
const { given } = aggregateSpec<Product>({
  from: (history) => history.reduce(decide, undefined as Product | undefined),
  decide,
});

describe('a product', () => {
  it('is created with its variants and what they begin with', () => {
    given()
      .when(imported('mug', [variant('BLUE', 20), variant('RED')]))
      .then(
        new ProductCreated({
          productId: 'id-1',
          handle: 'mug',
          variants: [
            { variantId: 'id-2', sku: 'BLUE', startingStock: 20 },
            { variantId: 'id-3', sku: 'RED', startingStock: null },
          ],
        }),
      );
  });

  it('stays untouched by what it is already, whatever is said about the stock', () => {
    given(imported('mug', [variant('BLUE', 20)]))
      .when(imported('mug', [variant('BLUE', 3)]))
      .then();
  });

  it('tells of new and lost variants, and keeps the ids of the others', () => {
    const before = imported('mug', [variant('BLUE'), variant('RED')]);
    given(before)
      .when(imported('mug', [variant('GREEN', 5), variant('BLUE')]))
      .then(
        new ProductChanged({
          productId: 'id-1',
          addedVariants: [{ variantId: 'id-4', sku: 'GREEN', startingStock: 5 }],
          removedSkus: ['RED'],
        }),
      );
    const product = Product.create(before, { next: () => 'kept' }, now);
    product.update(imported('mug', [variant('RED'), variant('BLUE')]), ids, later);
    expect(product.document.variants.map(({ id, sku }) => [id, sku])).toEqual([
      ['kept', 'RED'],
      ['kept', 'BLUE'],
    ]);
    expect(product.document).toMatchObject({ createdAt: now, updatedAt: later });
  });

  it('tells of a change of anything else too', () => {
    const changed = new ProductChanged({ productId: 'id-1', addedVariants: [], removedSkus: [] });
    given(imported('mug', [variant('BLUE')]))
      .when(imported('mug', [variant('BLUE')], { title: 'A mug' }))
      .then(changed);
    next = 0;
    given(imported('mug', [variant('BLUE')]))
      .when(imported('mug', [variant('BLUE')], { status: 'archived' }))
      .then(changed);
  });
});

describe('a product that is edited', () => {
  const before = imported('mug', [variant('BLUE'), variant('RED')], {
    category: 'Home > Mugs',
    options: [{ name: 'Colour', values: ['BLUE', 'RED'] }],
  });
  const edited = (...patches: ProductPatch[]) => {
    const product = Product.stored(Product.create(before, ids, now).document);
    for (const patch of patches) product.edit(patch, ids, later);
    return product;
  };
  const { compareAtPrice, barcode, grams, image, inventoryQuantity, price } = variant('ANY');
  const written = (sku: string, ...options: string[]) => ({
    sku,
    options,
    price,
    compareAtPrice,
    barcode,
    grams,
    image,
    inventoryQuantity,
  });

  it('keeps what the patch does not name, and loses what the patch makes null', () => {
    expect(edited({ title: 'A mug', category: null, description: null, tags: null, images: null }).document).toEqual({
      ...edited().document,
      id: expect.anything(),
      variants: expect.anything(),
      version: '2.0',
      updatedAt: later,
      title: 'A mug',
      category: null,
      description: '',
      tags: [],
      images: [],
    });
  });

  it('stays as it is where the patch says what it is already', () => {
    const product = edited({ title: before.title, vendor: null, tags: before.tags });
    expect([product.changed, product.document.version, product.release()]).toEqual([false, '1.0', []]);
  });

  it('matches variants by their SKU, names them by their options and tells of the new and the lost', () => {
    const product = edited({
      variants: [{ ...written('GREEN', 'Green'), inventoryQuantity: 7 }, written('RED', 'RED')],
    });
    const [green, red] = product.document.variants;
    expect([green!.title, red!.id]).toEqual(['Green', 'id-3']);
    expect(product.release().map(({ message }) => message)).toEqual([
      new ProductChanged({
        productId: 'id-1',
        addedVariants: [{ variantId: green!.id, sku: 'GREEN', startingStock: 7 }],
        removedSkus: ['BLUE'],
      }),
    ]);
  });

  it('is still the one that was read when only its stock has changed', () => {
    const product = edited({ title: 'A mug' });
    product.follow(new Map([['RED', true]]), 'EUR');
    expect(product.document).toMatchObject({ version: '2.1', variants: [{ available: false }, { available: true }] });
    expect(['2.0', '2.1'].map((version) => product.isOneOf([version]))).toEqual([true, true]);
    expect(['1.0', '3.0', '20', ''].map((version) => product.isOneOf([version]))).toEqual([false, false, false, false]);
    expect(product.isOneOf([])).toBe(false);
    product.follow(new Map([['RED', true]]), 'EUR');
    product.follow(new Map([['UNKNOWN', true]]), 'EUR');
    expect(product.document.version).toBe('2.1');
  });

  it('cannot be had in another currency than the shop’s, whatever there is of it', () => {
    const product = edited({});
    product.follow(new Map([['RED', true]]), 'USD');
    expect(product.document).toMatchObject({ version: '1.0', variants: [{ available: false }, { available: false }] });
  });

  it('counts in its category while it is published', () => {
    const product = edited({ category: 'Home' });
    expect(product.moved).toEqual({ from: 'Home > Mugs', to: 'Home' });
    product.become('archived', ids, later);
    expect(product.moved).toEqual({ from: 'Home > Mugs', to: null });
    product.edit({ category: 'Home > Mugs' }, ids, later);
    product.become('published', ids, later);
    expect(product.moved).toBeUndefined();
  });
});

describe('an import', () => {
  const stored = (product: ImportedProduct) => Product.stored(Product.create(product, ids, now).document);
  const reported = (shop: ProductImport, ...products: ImportedProduct[]) => {
    for (const product of products) shop.bring(product, ids, later);
    return shop.report;
  };

  it('counts what it created, updated and left', () => {
    const [mug, hat] = [imported('mug', [variant('MUG')]), imported('hat', [variant('HAT')])];
    const shop = new ProductImport(
      [stored(mug), stored(hat)],
      new Map([
        ['MUG', 'mug'],
        ['HAT', 'hat'],
      ]),
      'EUR',
    );
    const report = reported(shop, mug, { ...hat, title: 'A hat' }, imported('cap', [variant('CAP')]));
    expect(report).toEqual({ created: 1, updated: 1, unchanged: 1, rejected: [] });
    expect(shop.changed.map(({ document }) => document.handle)).toEqual(['hat', 'cap']);
  });

  it('rejects a SKU of another product, in the shop or earlier in the import, and names both', () => {
    const shop = new ProductImport([], new Map([['MUG', 'mug']]), 'EUR');
    const { created, rejected } = reported(
      shop,
      imported('thief', [variant('MUG')]),
      imported('cap', [variant('CAP')]),
      imported('cap-2', [variant('CAP')]),
    );
    expect(created).toBe(1);
    expect(rejected).toEqual([
      { handle: 'thief', code: 'catalog.import.sku_taken', message: 'The SKU "MUG" belongs to the product "mug"' },
      { handle: 'cap-2', code: 'catalog.import.sku_taken', message: 'The SKU "CAP" belongs to the product "cap"' },
    ]);
  });

  it('rejects a price in another currency than the shop’s, and tells where', () => {
    const shop = new ProductImport([], new Map(), 'JPY');
    const yen = (sku: string) => ({ ...variant(sku), price: { amount: 100, currency: 'JPY' } });
    const { created, rejected } = reported(
      shop,
      imported('mug', [yen('MUG'), variant('MUG-2')]),
      imported('hat', [{ ...yen('HAT'), compareAtPrice: { amount: 200, currency: 'USD' } }]),
      imported('cap', [yen('CAP')]),
    );
    expect(created).toBe(1);
    const why = { code: 'catalog.import.currency_differs', message: 'The prices of this shop are in JPY' };
    expect(rejected).toEqual([
      { handle: 'mug', ...why, pointer: '/variants/1/price' },
      { handle: 'hat', ...why, pointer: '/variants/0/compareAtPrice' },
    ]);
  });

  it('lets a SKU go to another product once its own has given it up', () => {
    const mug = imported('mug', [variant('BLUE'), variant('RED')]);
    const shop = new ProductImport(
      [stored(mug)],
      new Map([
        ['BLUE', 'mug'],
        ['RED', 'mug'],
      ]),
      'EUR',
    );
    expect(reported(shop, imported('mug', [variant('BLUE')]), imported('red-mug', [variant('RED')]))).toMatchObject({
      created: 1,
      updated: 1,
      rejected: [],
    });
  });

  it('rejects a handle or a SKU that comes twice', () => {
    const shop = new ProductImport([], new Map(), 'EUR');
    const { created, rejected } = reported(
      shop,
      imported('mug', [variant('MUG')]),
      imported('mug', [variant('MUG')]),
      imported('hat', [variant('HAT'), variant('HAT')]),
    );
    expect(created).toBe(1);
    expect(rejected).toMatchObject([
      { handle: 'mug', code: 'catalog.import.handle_repeated' },
      { handle: 'hat', code: 'catalog.import.sku_repeated' },
    ]);
  });
});
