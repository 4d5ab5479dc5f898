import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { AvailabilityChanged } from '#inventory/contracts';
import { ambient, type Principal, sql } from '#kernel';
import { testContext, type TestedContext } from '#kernel/testing';
import { CatalogModule } from './catalog.module.js';
import { GetOffers } from './contracts/get-offers.js';
import { GetProduct } from './contracts/get-product.js';
import type { ImportedProduct } from './contracts/imported-product.js';
import { ImportProducts } from './contracts/import-products.js';
import { ListProducts } from './contracts/list-products.js';
import type { Product } from './contracts/product.js';
import { imported, variant } from './test/sample-product.js';

const admin: Principal = { kind: 'user', id: 'admin', permissions: ['catalog.write'], owners: [] };
const many = (count: number, prefix: string) =>
  Array.from({ length: count }, (_, index) => imported(`${prefix}-${index}`, [variant(`${prefix}-${index}`)]));

describe('the catalog', () => {
  let catalog: TestedContext;
  beforeAll(async () => {
    catalog = await testContext('catalog', CatalogModule);
  });
  afterAll(() => catalog.close());

  const bring = (...products: ImportedProduct[]) => catalog.execute(new ImportProducts({ products }));
  const get = (idOrHandle: string, as = {}) => catalog.execute<Product>(new GetProduct({ idOrHandle }), as);
  const list = (limit: number, cursor?: string) =>
    catalog.execute<{ items: Product[]; nextCursor: string | null }>(
      new ListProducts({ limit, ...(cursor ? { cursor } : {}) }),
    );
  const offers = async (...skus: string[]) =>
    (await catalog.execute<{ offers: object[] }>(new GetOffers({ skus }))).offers;
  /** What was sent to the database for a message; the machinery's own statements run beside it. */
  const statements = async (message: object): Promise<number> => {
    const query = catalog.database.query.bind(catalog.database);
    let count = 0;
    const spy = jest.spyOn(catalog.database, 'query').mockImplementation((statement) => {
      if (ambient()?.correlationId === 'counted') count++;
      return query(statement);
    });
    await catalog.execute(message, { correlationId: 'counted' });
    spy.mockRestore();
    return count;
  };

  it('shows a product as it was imported, by id and by handle, in one statement', async () => {
    const mug = imported('get-mug', [variant('GET-BLUE', 3), variant('GET-RED')], {
      title: 'Mug',
      options: [{ name: 'Colour', values: ['Blue', 'Red'] }],
    });
    await bring(mug);
    const product = await get('get-mug');
    expect(product).toMatchObject({
      handle: 'get-mug',
      title: 'Mug',
      options: mug.options,
      images: mug.images,
      variants: [{ sku: 'GET-BLUE', available: false }, { sku: 'GET-RED' }],
    });
    expect(await get(product.id.toUpperCase())).toEqual(product);
    expect(await statements(new GetProduct({ idOrHandle: product.id }))).toBe(1);
    expect(await statements(new ListProducts({ limit: 20 }))).toBe(1);
  });

  it('prefers an id to a handle that looks like it', async () => {
    await bring(imported('twin', [variant('TWIN')]));
    const { id } = await get('twin');
    const lookalike = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
    await bring(imported(id, [variant('TWIN-2')]), imported(lookalike, [variant('TWIN-3')]));
    expect(await get(id)).toMatchObject({ handle: 'twin' });
    expect(await get(lookalike)).toMatchObject({ handle: lookalike });
  });

  it('hides drafts and archived products from all but those who may write', async () => {
    await bring(
      imported('hidden-draft', [variant('HIDDEN-1')], { status: 'draft' }),
      imported('hidden-archived', [variant('HIDDEN-2')], { status: 'archived' }),
    );
    for (const handle of ['hidden-draft', 'hidden-archived', 'hidden-unknown'])
      await expect(get(handle)).rejects.toMatchObject({ code: 'catalog.product_not_found', status: 404 });
    expect(await get('hidden-draft', { principal: admin })).toMatchObject({ status: 'draft' });
    expect(await offers('HIDDEN-1', 'HIDDEN-2')).toEqual([]);
    expect((await list(100)).items.map(({ handle }) => handle)).not.toContain('hidden-draft');
  });

  it('offers what can be bought, at its price, under its full title', async () => {
    await bring(
      imported('offer-one', [{ ...variant('OFFER-ONE'), title: 'Default' }], { title: 'One' }),
      imported('offer-two', [variant('OFFER-TWO', null, 900)], { title: 'Two' }),
    );
    await bring(imported('offer-two', [variant('OFFER-TWO', null, 950)], { title: 'Two' }));
    const { id, variants } = await get('offer-two');
    expect(await offers('OFFER-TWO', 'OFFER-UNKNOWN')).toEqual([
      {
        sku: 'OFFER-TWO',
        productId: id,
        variantId: variants[0]!.id,
        title: 'Two / OFFER-TWO',
        price: { amount: 950, currency: 'EUR' },
      },
    ]);
    expect(await offers('OFFER-ONE')).toMatchObject([{ title: 'One' }]);
  });

  it('creates, updates, leaves and rejects; ids stay, and each change is told once', async () => {
    const [mug, hat] = [
      imported('imp-mug', [variant('IMP-MUG', 4), variant('IMP-OLD')]),
      imported('imp-hat', [variant('IMP-HAT')]),
    ];
    expect(await bring(mug, hat)).toEqual({ created: 2, updated: 0, unchanged: 0, rejected: [] });
    const before = await get('imp-mug');
    const report = await bring(
      { ...mug, variants: [variant('IMP-NEW', 1), variant('IMP-MUG', 9)] },
      hat,
      imported('imp-thief', [variant('IMP-HAT')]),
    );
    expect(report).toMatchObject({
      created: 0,
      updated: 1,
      unchanged: 1,
      rejected: [{ handle: 'imp-thief', code: 'catalog.import.sku_taken' }],
    });
    const after = await get('imp-mug');
    expect([after.id, after.variants[1]!.id, after.createdAt]).toEqual([
      before.id,
      before.variants[0]!.id,
      before.createdAt,
    ]);
    expect(await offers('IMP-OLD')).toEqual([]);
    const told = (await catalog.said())
      .map(({ payload }) => payload as { productId: string })
      .filter(({ productId }) => productId === before.id);
    expect(told).toEqual([
      expect.objectContaining({ handle: 'imp-mug' }),
      {
        productId: before.id,
        addedVariants: [{ variantId: after.variants[0]!.id, sku: 'IMP-NEW', startingStock: 1 }],
        removedSkus: ['IMP-OLD'],
      },
    ]);
  });

  it('lets a SKU change its product, within one import too', async () => {
    await bring(imported('move-from', [variant('MOVE-1'), variant('MOVE-2')]));
    await bring(imported('move-from', [variant('MOVE-1')]), imported('move-to', [variant('MOVE-2')]));
    expect(await offers('MOVE-2')).toMatchObject([{ productId: (await get('move-to')).id }]);
  });

  it('follows the stock, also of a SKU that it hears of before the product is there', async () => {
    await catalog.hear(new AvailabilityChanged({ sku: 'AVAIL-EARLY', available: true }));
    await bring(imported('avail', [variant('AVAIL-EARLY'), variant('AVAIL-LATE')]));
    await catalog.hear(new AvailabilityChanged({ sku: 'AVAIL-LATE', available: true }));
    const available = async () => (await get('avail')).variants.map((one) => one.available);
    expect(await available()).toEqual([true, true]);
    await catalog.hear(new AvailabilityChanged({ sku: 'AVAIL-EARLY', available: false }));
    expect(await available()).toEqual([false, true]);
    await bring(imported('avail', [variant('AVAIL-EARLY'), variant('AVAIL-LATE')], { title: 'Changed' }));
    expect(await available()).toEqual([false, true]);
  });

  it('is walked through by cursor, newest first, every product once while others are added', async () => {
    await bring(...many(25, 'walk'));
    const walked: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await list(7, cursor);
      walked.push(...page.items.map(({ handle }) => handle).filter((handle) => handle.startsWith('walk-')));
      await bring(imported(`walked-${walked.length}`, [variant(`WALKED-${walked.length}`)]));
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    expect(walked).toEqual(Array.from({ length: 25 }, (_, index) => `walk-${24 - index}`));
  });

  it('refuses a cursor that is none of its own', async () => {
    for (const cursor of ['x', 'not-a-cursor', '%%%', 'AAAAAAAAAAAAAAAAAAAAAB', 'A'.repeat(23)]) {
      await expect(list(5, cursor)).rejects.toMatchObject({ code: 'catalog.cursor_invalid', status: 422 });
    }
  });

  it('takes the same file from several at once: each product is made once', async () => {
    const file = many(40, 'race');
    const reports = await Promise.all([bring(...file), bring(...file.toReversed()), bring(...file)]);
    const total = { created: 0, unchanged: 0 };
    for (const report of reports as { created: number; unchanged: number }[]) {
      total.created += report.created;
      total.unchanged += report.unchanged;
    }
    expect(total).toEqual({ created: 40, unchanged: 80 });
    expect(
      await catalog.database.one(
        sql`select count(*) as products, count(distinct product_id) as owners from product join variant on product_id = product.id where handle like 'race-%'`,
      ),
    ).toEqual({ products: 40, owners: 40 });
  });

  it('gives a SKU that two imports want at once to one of them', async () => {
    const reports = await Promise.all(
      ['a', 'b', 'c'].map((name) => bring(imported(`wants-${name}`, [variant('WANTED')]))),
    );
    expect((reports as { created: number }[]).filter(({ created }) => created === 1)).toHaveLength(1);
    expect(await offers('WANTED')).toHaveLength(1);
  });

  it('imports a hundred products in a handful of statements', async () => {
    const file = new ImportProducts({ products: many(100, 'batch') });
    expect(await statements(file)).toBe(6);
    expect(await statements(file)).toBe(3);
  });
});
