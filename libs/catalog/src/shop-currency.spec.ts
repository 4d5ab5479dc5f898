import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { AvailabilityChanged } from '#inventory/contracts';
import { type Principal, sql } from '#kernel/core';
import { testContext, testDatabase, type TestedContext } from '#kernel/testing';
import { CatalogModule } from './catalog.module.js';
import { CreateProduct } from './contracts/create-product.js';
import { EditProduct } from './contracts/edit-product.js';
import { GetCurrency } from './contracts/get-currency.js';
import { GetOffers } from './contracts/get-offers.js';
import { GetProduct } from './contracts/get-product.js';
import { ImportProducts } from './contracts/import-products.js';
import type { Product } from './contracts/product.js';
import { PublishProduct } from './contracts/publish-product.js';
import { ShopCurrency } from './shop-currency.js';
import { imported, variant } from './test/sample-product.js';

const admin: Principal = { kind: 'user', id: 'admin', permissions: ['catalog.write'], owners: [] };
const priced = (sku: string, currency: string, compareAt?: string) => ({
  sku,
  price: { amount: 1_200, currency },
  ...(compareAt ? { compareAtPrice: { amount: 1_500, currency: compareAt } } : {}),
});

let url: string;
let drop: () => Promise<void>;
let open: TestedContext[];
beforeEach(async () => {
  ({ url, drop } = await testDatabase());
  open = [];
});
afterEach(async () => {
  await Promise.all(open.map((one) => one.close()));
  await drop();
});

/** A process of the catalog with this CLEAVE_CURRENCY, on the database that the processes of a test share. */
async function start(currency: string): Promise<TestedContext> {
  const catalog = await testContext('catalog', CatalogModule, {
    options: { databaseUrl: url, environment: { CLEAVE_CURRENCY: currency } },
  });
  open.push(catalog);
  return catalog;
}
async function stop(catalog: TestedContext): Promise<void> {
  open = open.filter((one) => one !== catalog);
  await catalog.close();
}

const create = (catalog: TestedContext, ...variants: ReturnType<typeof priced>[]) =>
  catalog.execute<Product>(
    new CreateProduct({
      title: variants[0]!.sku,
      options: variants.length > 1 ? [{ name: 'Size', values: variants.map(({ sku }) => sku) }] : [],
      variants: variants.map((one) => ({ ...one, options: variants.length > 1 ? [one.sku] : [] })),
    }),
    { principal: admin },
  );
const currencyOf = async (catalog: TestedContext) =>
  (await catalog.execute<{ currency: string }>(new GetCurrency({}))).currency;
const isFixed = async ({ database }: TestedContext) =>
  (await database.query(sql`select from shop_currency`)).length > 0;
const offered = async (catalog: TestedContext, ...skus: string[]) =>
  (await catalog.execute<{ offers: { sku: string }[] }>(new GetOffers({ skus }))).offers.map(({ sku }) => sku);

describe('The currency of a shop', () => {
  it('is that of every price which the catalog takes, at each of its doors', async () => {
    const catalog = await start('EUR');
    const { id } = await create(catalog, priced('A', 'EUR', 'EUR'));
    const problem = (pointer: string) => ({ pointer, message: 'The prices of this shop are in EUR' });
    const refused = (...pointers: string[]) => ({
      code: 'catalog.currency_differs',
      status: 422,
      details: { currency: 'EUR', problems: pointers.map(problem) },
    });
    await expect(create(catalog, priced('B', 'USD'))).rejects.toMatchObject(refused('/variants/0/price'));
    await expect(create(catalog, priced('B', 'EUR', 'ZZZ'), priced('C', 'JPY', 'USD'))).rejects.toMatchObject(
      refused('/variants/0/compareAtPrice', '/variants/1/price', '/variants/1/compareAtPrice'),
    );
    const edit = (one: ReturnType<typeof priced>) =>
      catalog.execute<Product>(new EditProduct({ idOrHandle: id, variants: [one] }), { principal: admin });
    await expect(edit(priced('A', 'USD'))).rejects.toMatchObject(refused('/variants/0/price'));
    await expect(edit(priced('A', 'EUR', 'USD'))).rejects.toMatchObject(refused('/variants/0/compareAtPrice'));
    const usd = { amount: 1_200, currency: 'USD' };
    const products = [
      imported('b', [{ ...variant('B'), price: usd }]),
      imported('c', [variant('C-1'), { ...variant('C-2'), compareAtPrice: usd }]),
      imported('d', [variant('D')]),
    ];
    const code = 'catalog.import.currency_differs';
    expect(await catalog.execute(new ImportProducts({ products }), { principal: admin })).toMatchObject({
      created: 1,
      rejected: [
        { handle: 'b', code, ...problem('/variants/0/price') },
        { handle: 'c', code, ...problem('/variants/1/compareAtPrice') },
      ],
    });
    const { variants } = await catalog.execute<Product>(new GetProduct({ idOrHandle: id }), { principal: admin });
    expect(variants).toMatchObject([priced('A', 'EUR', 'EUR')]);
  });

  it('is a choice until it has goods, and of none that were refused', async () => {
    const first = await start('EUR');
    await expect(create(first, priced('A', 'USD'))).rejects.toMatchObject({ code: 'catalog.currency_differs' });
    const usd = { ...variant('B'), price: { amount: 1, currency: 'USD' } };
    await first.execute(new ImportProducts({ products: [imported('b', [usd])] }), { principal: admin });
    expect([await isFixed(first), await currencyOf(first)]).toEqual([false, 'EUR']);
    await stop(first);

    const second = await start('JPY');
    await create(second, priced('A', 'JPY'));
    expect([await isFixed(second), await currencyOf(second)]).toEqual([true, 'JPY']);
  });

  it('stays that of its goods: a start with another one is refused, and says what to do', async () => {
    const before = await start('EUR');
    await create(before, priced('A', 'EUR'));
    await stop(before);
    await expect(start('USD')).rejects.toMatchObject({
      name: 'WrongSettings',
      problems: [
        'CLEAVE_CURRENCY=USD: the goods of this shop are in EUR. Set CLEAVE_CURRENCY=EUR, or start a new shop on another database or CLEAVE_DATA_DIR.',
      ],
    });
    expect(await currencyOf(await start('EUR'))).toBe('EUR');
  });

  it('is one, however many processes with different settings bring the first goods at once', async () => {
    const catalogs = [await start('EUR'), await start('JPY')];
    const outcomes = await Promise.allSettled(
      Array.from({ length: 12 }, (_, n) => create(catalogs[n % 2]!, priced(`R-${n}`, ['EUR', 'JPY'][n % 2]!))),
    );
    const currency = await currencyOf(catalogs[0]!);
    expect(await currencyOf(catalogs[1]!)).toBe(currency);
    const made = outcomes.flatMap((one) => (one.status === 'fulfilled' ? one.value.variants : []));
    expect(made.map(({ price }) => price.currency)).toEqual(Array.from({ length: 6 }, () => currency));
    expect(outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))).toMatchObject(
      Array.from({ length: 6 }, () => ({ code: 'catalog.currency_differs', details: { currency } })),
    );
    // The process whose setting lost goes on in the shop's currency.
    for (const catalog of catalogs) await create(catalog, priced(`LATE-${catalogs.indexOf(catalog)}`, currency));
  });

  it('is not fixed by goods that were rolled back', async () => {
    const [first, second] = [await start('EUR'), await start('JPY')];
    const currency = first.module.get(ShopCurrency, { strict: false });
    const broken = first.database.transaction(async () => {
      expect(await currency.fix()).toBe('EUR');
      throw new Error('rolled back');
    });
    await expect(broken).rejects.toThrow('rolled back');
    await create(second, priced('A', 'JPY'));
    expect(await currency.current()).toBe('JPY');
  });
});

describe('Goods in another currency, which a version before took', () => {
  /** A shop of such a version: its goods, of which there is stock, are in these currencies, and nothing is fixed. */
  async function shopOfBefore(goods: Readonly<Record<string, string>>): Promise<void> {
    const catalog = await start('EUR');
    for (const [sku, currency] of Object.entries(goods)) {
      const { id } = await create(catalog, priced(sku, 'EUR'));
      await catalog.execute(new PublishProduct({ idOrHandle: id }), { principal: admin });
      await catalog.hear(new AvailabilityChanged({ sku, available: true }));
      await catalog.database.query(sql`update variant set price_currency = ${currency} where sku = ${sku}`);
      await catalog.database.query(
        sql`update product set document = replace(document::text, '"EUR"', ${`"${currency}"`})::json where id = ${id}`,
      );
    }
    await catalog.database.query(sql`drop table shop_currency`);
    await catalog.database.query(sql`delete from migrations where name like 'CatalogShopCurrency%'`);
    await stop(catalog);
  }
  const show = async (catalog: TestedContext, handle: string) =>
    catalog.execute<Product>(new GetProduct({ idOrHandle: handle }));

  it('cannot be bought and show it, and are told of at the start', async () => {
    await shopOfBefore({ A: 'EUR', B: 'USD', C: 'EUR' });
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const catalog = await start('EUR');
    const told = warn.mock.calls.map(([message]) => String(message)).filter((message) => message.includes('currency'));
    warn.mockRestore();
    expect(told).toEqual([
      "1 variant is priced in another currency than EUR, the shop's, and cannot be bought. To mend it, PATCH /api/v1/products/{idOrHandle} with their prices in EUR: b",
    ]);
    expect(await offered(catalog, 'A', 'B', 'C')).toEqual(['A', 'C']);
    expect(await show(catalog, 'a')).toMatchObject({ version: '2.1', variants: [{ sku: 'A', available: true }] });
    expect(await show(catalog, 'b')).toMatchObject({
      version: '2.2',
      variants: [{ sku: 'B', available: false, price: { currency: 'USD' } }],
    });
    await catalog.hear(new AvailabilityChanged({ sku: 'B', available: false }));
    await catalog.hear(new AvailabilityChanged({ sku: 'B', available: true }));
    expect((await show(catalog, 'b')).variants[0]!.available).toBe(false);
  });

  it('are mended by a price in the shop’s, and nothing else of them need change', async () => {
    await shopOfBefore({ A: 'EUR', B: 'USD', C: 'EUR' });
    const catalog = await start('EUR');
    const edit = (patch: object) =>
      catalog.execute<Product>(new EditProduct({ idOrHandle: 'b', ...patch }), { principal: admin });
    expect((await edit({ vendor: 'Nordhal' })).variants[0]).toMatchObject({ available: false });
    expect((await edit({ variants: [priced('B', 'EUR')] })).variants[0]).toMatchObject({ available: true });
    expect(await show(catalog, 'b')).toMatchObject({ variants: [{ available: true, price: { currency: 'EUR' } }] });
    expect(await offered(catalog, 'B')).toEqual(['B']);
  });

  it('are in the minority: the shop’s currency is that of most, and of the oldest where there are as many', async () => {
    await shopOfBefore({ A: 'EUR', B: 'USD', C: 'USD' });
    await expect(start('EUR')).rejects.toThrow('the goods of this shop are in USD. Set CLEAVE_CURRENCY=USD');
    expect(await offered(await start('USD'), 'A', 'B', 'C')).toEqual(['B', 'C']);
  });

  it('are those that came later where there are as many', async () => {
    await shopOfBefore({ A: 'USD', B: 'EUR' });
    expect(await offered(await start('USD'), 'A', 'B')).toEqual(['A']);
  });
});
