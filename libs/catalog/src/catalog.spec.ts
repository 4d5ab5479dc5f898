import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { AvailabilityChanged } from '#inventory/contracts';
import { callContext, type Principal, sql } from '#kernel/core';
import type { Failure } from '#kernel/messages';
import { testContext, type TestedContext } from '#kernel/testing';
import { Availability } from './availability.subscriber.js';
import { CatalogModule } from './catalog.module.js';
import { CreateProduct } from './contracts/create-product.js';
import { EditProduct } from './contracts/edit-product.js';
import { GetOffers } from './contracts/get-offers.js';
import { GetProduct } from './contracts/get-product.js';
import type { ImportedProduct } from './contracts/imported-product.js';
import { ImportProducts } from './contracts/import-products.js';
import { ListCategories } from './contracts/list-categories.js';
import { ListProducts } from './contracts/list-products.js';
import type { Product } from './contracts/product.js';
import { ArchiveProduct, PublishProduct } from './contracts/publish-product.js';
import { imported, variant } from './test/sample-product.js';

const admin: Principal = { kind: 'user', id: 'admin', permissions: ['catalog.write'], owners: [] };
const euro = (amount: number) => ({ amount, currency: 'EUR' });
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
      if (callContext()?.correlationId === 'counted') count++;
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
    expect(await statements(file)).toBe(5);
    expect(await statements(file)).toBe(3);
  });

  const mug = (sku: string, rest: object = {}) => ({ title: 'Mug', variants: [{ sku, price: euro(1_200) }], ...rest });
  const create = (product: object) => catalog.execute<Product>(new CreateProduct(product as never));
  const edit = (idOrHandle: string, patch: object) =>
    catalog.execute<Product>(new EditProduct({ idOrHandle, ...patch }));
  const publish = (idOrHandle: string) => catalog.execute<Product>(new PublishProduct({ idOrHandle }));
  const archive = (idOrHandle: string) => catalog.execute<Product>(new ArchiveProduct({ idOrHandle }));
  const toldOf = async ({ id }: Product) =>
    (await catalog.said()).map(({ payload }) => payload as { productId: string }).filter((one) => one.productId === id);

  it('makes a draft of what is written, with a handle of its own', async () => {
    const [first, second] = [await create(mug('NEW-1')), await create(mug('NEW-2', { title: 'MUG!' }))];
    expect([first.handle, second.handle]).toEqual(['mug', 'mug-2']);
    expect(first).toMatchObject({ status: 'draft', version: '1.0', category: null, variants: [{ title: 'Default' }] });
    await expect(get('mug')).rejects.toMatchObject({ status: 404 });
    expect(await get('mug', { principal: admin })).toEqual(first);
    expect(await offers('NEW-1')).toEqual([]);
    const variants = [{ variantId: first.variants[0]!.id, sku: 'NEW-1', startingStock: null }];
    expect(await toldOf(first)).toEqual([{ productId: first.id, handle: 'mug', variants }]);
  });

  it('knows the stock of a new product whose SKU it has heard of', async () => {
    await catalog.hear(new AvailabilityChanged({ sku: 'HEARD-OF', available: true }));
    const product = await create(mug('HEARD-OF'));
    expect(product.variants[0]!.available).toBe(true);
    expect(await get(product.id, { principal: admin })).toEqual(product);
  });

  it('refuses handles and SKUs that are taken, and what does not fit itself', async () => {
    const { id } = await create(mug('TAKEN-1', { handle: 'taken' }));
    const other = await create(mug('TAKEN-2', { handle: 'not-taken' }));
    const refused = async (work: Promise<unknown>) =>
      work.then(
        () => 'taken',
        ({ status, code, details }: Failure) => [status, code, details],
      );
    const price = euro(1);
    const skuTaken = [409, 'catalog.sku_taken', { skus: ['TAKEN-1'] }];
    const handleTaken = [409, 'catalog.handle_taken', { handle: 'taken' }];
    const repeated = [422, 'catalog.sku_repeated', { skus: ['X'] }];
    const twice = [
      { sku: 'X', price },
      { sku: 'X', price },
    ];
    expect(await refused(create(mug('TAKEN-1')))).toEqual(skuTaken);
    expect(await refused(create(mug('TAKEN-3', { handle: 'taken' })))).toEqual(handleTaken);
    expect(await refused(edit(other.id, { variants: [{ sku: 'TAKEN-1', price }] }))).toEqual(skuTaken);
    expect(await refused(edit(other.id, { handle: 'taken' }))).toEqual(handleTaken);
    expect(await refused(edit(other.id, { variants: twice }))).toEqual(repeated);
    expect(await refused(edit(other.id, { options: [{ name: 'Size', values: ['S'] }] }))).toMatchObject([
      422,
      'catalog.options_inconsistent',
      { problems: [{ pointer: '/variants/0/options' }] },
    ]);
    expect(await refused(edit('nothing', {}))).toMatchObject([404, 'catalog.product_not_found']);
    expect(await get(other.id, { principal: admin })).toEqual(other);
    expect((await edit(id, { handle: 'moved-away' })).handle).toBe('moved-away');
    expect((await edit(other.id, { handle: 'taken' })).handle).toBe('taken');
  });

  it('lets one of several edits of the same version through, and all that name none', async () => {
    const { id, version } = await create(mug('EDIT-RACE'));
    const raced = await Promise.all(
      [1, 2, 3, 4].map((n) =>
        edit(id, { ifMatch: ['0.9', version], title: `Race ${n}` }).then(
          () => 'edited',
          ({ code, status }: Failure) => `${status} ${code}`,
        ),
      ),
    );
    expect(raced.toSorted()).toEqual([...Array<string>(3).fill('412 catalog.product_changed'), 'edited']);
    await Promise.all([1, 2, 3].map((n) => edit(id, { title: `Title ${n}` })));
    expect((await get(id, { principal: admin })).version).toBe('5.0');
  });

  it('reprices, adds and removes variants: what stays keeps its id, and is offered so', async () => {
    const before = await create(mug('VAR-1', { options: [], handle: 'var' }));
    await publish('var');
    await catalog.hear(new AvailabilityChanged({ sku: 'VAR-1', available: true }));
    const after = await edit('var', {
      ifMatch: ['2.0'], // the stock has changed since
      options: [{ name: 'Size', values: ['S', 'L'] }],
      variants: [
        { sku: 'VAR-2', price: euro(900), options: ['L'], inventoryQuantity: 4 },
        { sku: 'VAR-1', price: euro(800), options: ['S'] },
      ],
    });
    expect(after).toMatchObject({ version: '3.1', variants: [{ available: false }, { available: true }] });
    expect(after.variants[1]!.id).toBe(before.variants[0]!.id);
    expect(await offers('VAR-1')).toMatchObject([{ title: 'Mug / S', price: euro(800) }]);
    expect(await offers('VAR-2')).toMatchObject([{ title: 'Mug / L', price: euro(900) }]);
    await edit('var', { options: null, variants: [{ sku: 'VAR-2', price: euro(900) }] });
    expect(await offers('VAR-1', 'VAR-2')).toMatchObject([{ sku: 'VAR-2', title: 'Mug' }]);
    const [, , added, removed] = await toldOf(before);
    expect(added).toMatchObject({ addedVariants: [{ sku: 'VAR-2', startingStock: 4 }], removedSkus: [] });
    expect(removed).toMatchObject({ addedVariants: [], removedSkus: ['VAR-1'] });
  });

  it('publishes and archives, as often as one likes', async () => {
    const { id } = await create(mug('PUB-1', { handle: 'pub' }));
    expect(await publish('pub')).toMatchObject({ status: 'published', version: '2.0' });
    expect(await publish(id)).toMatchObject({ status: 'published', version: '2.0' });
    expect(await offers('PUB-1')).toHaveLength(1);
    expect(await archive('pub')).toMatchObject({ status: 'archived', version: '3.0' });
    expect(await archive('pub')).toMatchObject({ version: '3.0' });
    expect(await offers('PUB-1')).toEqual([]);
    await expect(get('pub')).rejects.toMatchObject({ status: 404 });
    expect(await publish('pub')).toMatchObject({ status: 'published', version: '4.0' });
    await expect(publish('pub-unknown')).rejects.toMatchObject({ status: 404 });
  });

  /** As the inbox does it: several messages in one transaction. */
  const batch = (stock: readonly (readonly [sku: string, available: boolean])[], last?: () => Promise<void>) =>
    catalog.database.transaction(async () => {
      const subscriber = catalog.module.get(Availability, { strict: false });
      for (const [sku, available] of stock) subscriber.changed(new AvailabilityChanged({ sku, available }));
      if (last) catalog.database.currentTransaction()!.beforeCommit.push(last);
    });

  it('does not wait in a ring: imports, edits and stock that changes, all of the same products', async () => {
    const skus = ['ring-0', 'RING-C', 'ring-3', 'RING-A', 'RING-B'];
    const file = [
      ...many(6, 'ring'),
      imported(
        'ring-wide',
        ['A', 'B', 'C'].map((sku) => variant(`RING-${sku}`)),
      ),
    ];
    await bring(...file);
    const stock = (available: boolean) => skus.map((sku) => [sku, available] as const);
    await Promise.all([
      ...stock(true).map(([sku, available]) => catalog.hear(new AvailabilityChanged({ sku, available }))),
      batch(stock(true)),
      batch(stock(true).toReversed()),
      ...[1, 2, 3].map((n) => bring(...file.map((one) => ({ ...one, title: `Ring ${n}` })))),
      ...[1, 2, 3].map((n) => edit('ring-wide', { vendor: `Ring ${n}` })),
      batch([...stock(true).slice(2), ...stock(true).slice(0, 2)]),
    ]);
    const { variants } = await get('ring-wide');
    expect(variants.map(({ available }) => available)).toEqual([true, true, true]);
    expect((await get('ring-3')).variants[0]!.available).toBe(true);
  });

  it('shows of a batch that failed nothing, and of one that came again what it said last', async () => {
    await bring(imported('flock', [variant('FLOCK-A'), variant('FLOCK-B')]), imported('flock-2', [variant('FLOCK-2')]));
    const shown = async () => {
      const products = await Promise.all([get('flock'), get('flock-2')]);
      return products.map(({ version, variants }) => [version, ...variants.map(({ available }) => available)]);
    };
    const stock = [
      ['FLOCK-A', true],
      ['FLOCK-2', true],
      ['FLOCK-B', true],
      ['FLOCK-A', false],
      ['FLOCK-LATE', true],
    ] as const;
    await expect(batch(stock, () => Promise.reject(new Error('one of them failed')))).rejects.toThrow(
      'one of them failed',
    );
    expect(await shown()).toEqual([
      ['1.0', false, false],
      ['1.0', false],
    ]);
    const once = [
      ['1.1', false, true],
      ['1.1', true],
    ];
    await batch(stock);
    expect(await shown()).toEqual(once);
    await batch(stock.slice(1));
    expect(await shown()).toEqual(once);
    await bring(imported('flock-late', [variant('FLOCK-LATE')]));
    expect((await get('flock-late')).variants[0]!.available).toBe(true);
  });

  it('counts the published products of a category, and of all above it', async () => {
    const counts = async () =>
      (await catalog.execute<{ items: object[] }>(new ListCategories({}))).items.filter((item) =>
        (item as { name: string }).name.startsWith('Count'),
      );
    await bring(
      imported('count-1', [variant('COUNT-1')], { category: 'Count > A > B' }),
      imported('count-2', [variant('COUNT-2')], { category: 'Count > A' }),
      imported('count-3', [variant('COUNT-3')], { category: 'Count > A', status: 'draft' }),
    );
    const both = [
      { name: 'Count', products: 2 },
      { name: 'Count > A', products: 2 },
      { name: 'Count > A > B', products: 1 },
    ];
    expect(await counts()).toEqual(both);
    await publish('count-3');
    await archive('count-1');
    expect(await counts()).toEqual(both.slice(0, 2));
    await edit('count-2', { category: 'Count' });
    await edit('count-3', { category: null });
    expect(await counts()).toEqual([{ name: 'Count', products: 1 }]);
    const listed = await ask({ category: 'Count' });
    expect(listed.items.map(({ handle }) => handle)).toEqual(['count-2']);
  });

  const ask = (asked: object) =>
    catalog.execute<{ items: Product[]; nextCursor: string | null }>(
      new ListProducts({ limit: 20, status: 'published', ...asked }),
    );
  const walk = async (asked: object, meanwhile = async (_page: number): Promise<unknown> => undefined) => {
    const handles: string[] = [];
    let cursor: string | null = null;
    for (let page = 1; page === 1 || cursor !== null; page++) {
      const { items, nextCursor }: Awaited<ReturnType<typeof ask>> = await ask({ ...asked, ...(cursor && { cursor }) });
      handles.push(...items.map(({ handle }) => handle));
      cursor = nextCursor;
      await meanwhile(page);
    }
    return handles;
  };

  it('lists a category with all below it, and none that only begins alike', async () => {
    await bring(
      imported('cat-1', [variant('CAT-1')], { category: '100%_ Wool' }),
      imported('cat-2', [variant('CAT-2')], { category: '100%_ Wool > Socks > Long' }),
      imported('cat-3', [variant('CAT-3')], { category: '100%_ Woollen' }),
      imported('cat-4', [variant('CAT-4')], { category: '100 more Wool > Socks' }),
      imported('cat-5', [variant('CAT-5')], { category: '100%_ Wool >!' }),
      imported('cat-6', [variant('CAT-6')], { category: '100%_ Wool > Zebra' }),
      imported('cat-7', [variant('CAT-7')], { category: '100%_ Wool > Zebra', status: 'archived' }),
      imported('cat-8', [variant('CAT-8')], { category: '100%_ Wool' }),
    );
    for (const limit of [1, 2, 100])
      expect(await walk({ category: '100%_ Wool', limit })).toEqual(['cat-8', 'cat-6', 'cat-2', 'cat-1']);
    expect(await walk({ category: '100%_ Wool > Socks' })).toEqual(['cat-2']);
    expect(await walk({ category: '100%_' })).toEqual([]);
  });

  it('finds products by what they are called, where they stand and what they say, the best first', async () => {
    await bring(
      imported('find-prose', [variant('FIND-1')], { description: '<p>Better with a Quokka.</p>' }),
      imported('find-title', [variant('FIND-2')], { title: 'Quokká plush' }),
      imported('find-tag', [variant('FIND-3')], {
        tags: ['quokka'],
        vendor: 'Näsström',
        category: 'Toys > Marsupials',
      }),
      imported('find-draft', [variant('FIND-4')], { title: 'Quokka', status: 'draft' }),
    );
    const found = (query: string) => walk({ query });
    expect(await found('quokka')).toEqual(['find-title', 'find-tag', 'find-prose']);
    expect(await found('QUOK')).toEqual(['find-title', 'find-tag', 'find-prose']);
    expect(await found('quok plush')).toEqual([]);
    expect(await found('quokka -plush nasstrom')).toEqual(['find-tag']);
    expect(await found('"plush quokka"')).toEqual([]);
    expect(await found('marsup')).toEqual(['find-tag']);
    expect(await found('FIND-3')).toEqual(['find-tag']);
    expect(await walk({ query: 'quokka', category: 'Toys' })).toEqual(['find-tag']);
    for (const nothing of ['!!!', 'quokkas', '\u0e48', '"'])
      expect([nothing, await found(nothing)]).toEqual([nothing, []]);
    expect(await found("quokka & | ! ( ) : * <-> 'zebra' \\")).toEqual([]);
    await edit('find-title', { title: 'Wombat plush' });
    expect(await found('quokka')).toEqual(['find-tag', 'find-prose']);
    expect((await ask({ query: ' ' })).items.length).toBeGreaterThan(2);
  });

  it('walks through a search by cursor, each once, while others are added and changed', async () => {
    const names = Array.from({ length: 30 }, (_, index) => `walker-${index}`);
    const titled = (name: string, index: number) =>
      imported(name, [variant(name)], index % 3 === 0 ? { title: 'Numbat' } : { description: 'numbat' });
    await bring(...names.map(titled));
    const walked = await walk({ query: 'numbat', limit: 7 }, async (page) => {
      await bring(imported(`new-numbat-${page}`, [variant(`NEW-NUMBAT-${page}`)], { title: 'Numbat' }));
      await edit(`walker-${page * 5}`, { vendor: 'Changed' });
      await catalog.hear(new AvailabilityChanged({ sku: `walker-${page * 6}`, available: true }));
    });
    const known = walked.filter((handle) => names.includes(handle));
    expect(known.toSorted()).toEqual(names.toSorted());
    expect(known.slice(0, 10).every((handle) => Number(handle.slice(7)) % 3 === 0)).toBe(true);
  });

  it('ranks the newest five hundred matches, then those before them, and loses none', async () => {
    const herd = Array.from({ length: 1_100 }, (_, index) =>
      imported(`herd-${index}`, [variant(`HERD-${index}`)], {
        title: index === 0 || index === 700 ? 'Bilby' : 'x',
        tags: ['bilby'],
      }),
    );
    for (let from = 0; from < herd.length; from += 100) await bring(...herd.slice(from, from + 100));
    const walked = await walk({ query: 'bilby', limit: 100 });
    expect(walked).toHaveLength(1_100);
    expect(new Set(walked).size).toBe(1_100);
    expect([walked[0], walked[500], walked[1_000]]).toEqual(['herd-700', 'herd-599', 'herd-0']);
  }, 60_000);

  it('refuses the cursor of another question', async () => {
    const cursors: string[] = [];
    const questions = [
      {},
      { category: 'Walk' },
      { query: 'walk' },
      { query: 'walked' },
      { query: 'walk', category: 'Walk' },
    ];
    await bring(...many(3, 'walk-question').map((one) => ({ ...one, category: 'Walk', title: 'walk walked' })));
    for (const asked of questions) cursors.push((await ask({ ...asked, limit: 1 })).nextCursor!);
    for (const [of, cursor] of cursors.entries()) {
      for (const [by, asked] of questions.entries()) {
        const answer = ask({ ...asked, cursor }).then(
          () => 'a page',
          ({ code }: Failure) => code,
        );
        expect([of, by, await answer]).toEqual([of, by, of === by ? 'a page' : 'catalog.cursor_invalid']);
      }
    }
  });

  it('lists drafts and archived products to those who may write, and to nobody else', async () => {
    const as = (permissions: string[], kind: Principal['kind'] = 'user', category?: string) =>
      catalog.execute<{ items: Product[] }>(
        new ListProducts({ status: 'draft', limit: 100, ...(category && { category }) }),
        { principal: { ...admin, kind, permissions } },
      );
    const { items } = await as(['catalog.write']);
    expect(items.map(({ handle }) => handle)).toContain('find-draft');
    expect(new Set(items.map(({ status }) => status))).toEqual(new Set(['draft']));
    await bring(imported('draft-shelf', [variant('DRAFT-1')], { status: 'draft', category: 'Drafts > Shelf' }));
    const shelf = await as(['catalog.write'], 'user', 'Drafts');
    expect(shelf.items.map(({ handle }) => handle)).toEqual(['draft-shelf']);
    await expect(as([])).rejects.toMatchObject({ code: 'kernel.forbidden' });
    await expect(as([], 'anonymous')).rejects.toMatchObject({ code: 'kernel.unauthenticated' });
  });

  it('keeps a product of which everything is as large as it may be', async () => {
    const word = (index: number) => `${'字'.repeat(200)}${index}`;
    const variants = Array.from({ length: 2_000 }, (_, index) => variant(word(index)));
    const tags = Array.from({ length: 250 }, (_, index) => word(index));
    const description = Array.from({ length: 100_000 }, (_, index) => index.toString(36))
      .join(' ')
      .slice(0, 524_288);
    expect(await bring(imported('huge', variants, { description, tags, title: '字'.repeat(255) }))).toMatchObject({
      created: 1,
    });
    expect(await walk({ query: word(7).slice(0, 190) })).toEqual(['huge']);
  }, 30_000);
});
