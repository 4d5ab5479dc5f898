import { Injectable } from '@nestjs/common';
import { Database, Repository, sql } from '#kernel/core';
import type { Product as ShownProduct } from './contracts/product.js';
import { Product } from './product.js';
import { wordsOf } from './searchable.js';
import { ShopCurrency } from './shop-currency.js';

/** Products that are locked, and which product, by its handle, has each of their SKUs and of those that were asked for. */
export interface Locked {
  readonly products: Product[];
  readonly owners: Map<string, string>;
}

type WrittenProduct = { readonly json: string } & Pick<ShownProduct, 'status' | 'version'>;

const isId = (text: string): boolean => /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text);

@Injectable()
export class Products extends Repository<Product> {
  constructor(
    database: Database,
    private readonly currency: ShopCurrency,
  ) {
    super(database);
  }

  /** By its id, or else its handle: a handle may look like an id. */
  async find(idOrHandle: string): Promise<ShownProduct | undefined> {
    const row =
      (isId(idOrHandle) &&
        (await this.database.one<{ document: ShownProduct }>(
          sql`select document from product where id = ${idOrHandle}`,
        ))) ||
      (await this.database.one<{ document: ShownProduct }>(
        sql`select document from product where handle = ${idOrHandle}`,
      ));
    return row?.document;
  }

  /** As `find`, in the text that it goes out as. */
  async written(idOrHandle: string): Promise<WrittenProduct | undefined> {
    const columns = sql`document::text as json, status, version`;
    return (
      (isId(idOrHandle) &&
        (await this.database.one<WrittenProduct>(sql`select ${columns} from product where id = ${idOrHandle}`))) ||
      (await this.database.one<WrittenProduct>(sql`select ${columns} from product where handle = ${idOrHandle}`))
    );
  }

  /** One product, locked to be changed, and the products that have those SKUs. */
  async open(
    idOrHandle: string,
    skus: readonly string[] = [],
  ): Promise<(Omit<Locked, 'products'> & { product: Product }) | undefined> {
    await this.takeTurn();
    const found = await this.find(idOrHandle);
    if (!found) return undefined;
    const { products, owners } = await this.lock([found.handle], skus);
    return { product: products[0]!, owners };
  }

  /** Whoever writes products takes turns: two that want the same handle or SKU would else both find it free, or wait in a ring. */
  async takeTurn(): Promise<void> {
    await this.database.query(sql`select pg_advisory_xact_lock(hashtext('catalog.import'))`);
  }

  /** Variants first, then products, each in one order. */
  async lock(handles: readonly string[], skus: readonly string[]): Promise<Locked> {
    const owners = await this.database.query<{ sku: string; handle: string }>(sql`
      select sku, handle from variant join product on product.id = product_id
      where sku in (
        select unnest(${skus}::text[]) union all
        select sku from variant where product_id in (select id from product where handle = any(${handles}::text[])))
      order by sku for update of variant`);
    const products = await this.database.query<{ document: ShownProduct }>(sql`
      select document from product where handle = any(${handles}::text[]) order by handle for update`);
    return {
      products: products.map(({ document }) => Product.stored(document)),
      owners: new Map(owners.map(({ sku, handle }) => [sku, handle])),
    };
  }

  /** Notes of which SKUs there is stock, and shows it where a product has them: there is no other row to write. */
  async follow(stock: ReadonlyMap<string, boolean>): Promise<void> {
    await this.takeTurn();
    const rows = await this.database.query<{ document: ShownProduct }>(sql`
      with noted as (
        insert into variant (sku, available)
        select * from unnest(${[...stock.keys()]}::text[], ${[...stock.values()]}::boolean[]) row(sku) order by sku
        on conflict (sku) do update set available = excluded.available where variant.available <> excluded.available
        returning product_id)
      select document from product where id in (select product_id from noted) order by handle for update`);
    if (rows.length === 0) return;
    const products = rows.map(({ document }) => Product.stored(document));
    const currency = await this.currency.current();
    for (const product of products) product.follow(stock, currency);
    const ids = products.map(({ document }) => document.id);
    const texts = products.map(({ document }) => JSON.stringify(document));
    await this.database.write(sql`
      update product set document = row.document from unnest(${ids}::uuid[], ${texts}::json[]) row(id, document)
      where product.id = row.id`);
  }

  /** Of these handles, those that products have. */
  async taken(handles: readonly string[]): Promise<Set<string>> {
    const rows = await this.database.query<{ handle: string }>(
      sql`select handle from product where handle = any(${handles}::text[])`,
    );
    return new Set(rows.map(({ handle }) => handle));
  }

  /** Writes many in as many statements as one. The first goods fix the shop's currency. */
  async storeAll(products: readonly Product[]): Promise<void> {
    if (products.length === 0) return;
    await this.storeVariants(products, await this.currency.fix());
    await this.storeProducts(products.map(({ document }) => document));
    await this.count(products);
  }

  protected async store(product: Product): Promise<void> {
    if (product.changed) await this.storeAll([product]);
  }

  private async storeVariants(products: readonly Product[], currency: string): Promise<void> {
    // First what products gave up: another product of this import may have taken it.
    const removed = products.flatMap(({ removedSkus }) => removedSkus);
    if (removed.length > 0)
      await this.database.query(sql`update variant set product_id = null where sku = any(${removed}::text[])`);
    const rows = products.flatMap((product) => product.document.variants.map((variant) => ({ product, ...variant })));
    const skus = rows.map(({ sku }) => sku);
    const ids = rows.map(({ id }) => id);
    const productIds = rows.map(({ product }) => product.document.id);
    const titles = rows.map(({ product: { document }, title }) =>
      title === 'Default' ? document.title : `${document.title} / ${title}`,
    );
    const amounts = rows.map(({ price }) => price.amount);
    const currencies = rows.map(({ price }) => price.currency);
    const stored = await this.database.query<{ sku: string; available: boolean }>(sql`
      insert into variant (sku, id, product_id, title, price_amount, price_currency)
      select * from unnest(
        ${skus}::text[], ${ids}::uuid[], ${productIds}::uuid[], ${titles}::text[], ${amounts}::bigint[], ${currencies}::text[]) row(sku) order by sku
      on conflict (sku) do update set id = excluded.id, product_id = excluded.product_id, title = excluded.title,
        price_amount = excluded.price_amount, price_currency = excluded.price_currency
      returning sku, available`);
    // A SKU that is new to its product may have a stock already.
    const known = new Map(stored.map(({ sku, available }) => [sku, available]));
    for (const product of products) product.follow(known, currency);
  }

  private async storeProducts(documents: readonly ShownProduct[]): Promise<void> {
    const ids = documents.map(({ id }) => id);
    const handles = documents.map(({ handle }) => handle);
    const statuses = documents.map(({ status }) => status);
    const texts = documents.map((document) => JSON.stringify(document));
    const words = documents.map(wordsOf);
    const titles = words.map(({ title }) => title);
    const keywords = words.map((product) => product.keywords);
    const prose = words.map((product) => product.prose);
    await this.database.query(sql`
      insert into product (id, handle, status, document, search)
      select id, handle, status, document,
        setweight(to_tsvector('simple', title), 'A') || setweight(to_tsvector('simple', keywords), 'B') || setweight(to_tsvector('simple', prose), 'D')
      from unnest(${ids}::uuid[], ${handles}::text[], ${statuses}::text[], ${texts}::json[], ${titles}::text[], ${keywords}::text[], ${prose}::text[])
        row(id, handle, status, document, title, keywords, prose)
      on conflict (id) do update set handle = excluded.handle, status = excluded.status, document = excluded.document, search = excluded.search`);
  }

  /** Tells the categories how many published products they lost and won. */
  private async count(products: readonly Product[]): Promise<void> {
    const changes = new Map<string, number>();
    const add = (name: string | null, products: number) =>
      name !== null && changes.set(name, (changes.get(name) ?? 0) + products);
    for (const { moved } of products) {
      if (!moved) continue;
      add(moved.from, -1);
      add(moved.to, 1);
    }
    if (changes.size === 0) return;
    await this.database.query(sql`
      insert into category (name, products) select * from unnest(${[...changes.keys()]}::text[], ${[...changes.values()]}::bigint[]) row(name) order by name
      on conflict (name) do update set products = category.products + excluded.products`);
  }
}
