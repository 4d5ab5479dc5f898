import { Repository, sql } from '#kernel';
import type { ImportedProduct } from './contracts/imported-product.js';
import { ProductImport } from './product-import.js';
import { Product, type ProductDocument } from './product.js';

export class ProductImports extends Repository<ProductImport> {
  /** Imports take turns: two that name the same new product or SKU would else both find it free. */
  async open(imported: readonly ImportedProduct[]): Promise<ProductImport> {
    const handles = imported.map(({ handle }) => handle);
    const skus = imported.flatMap(({ variants }) => variants.map(({ sku }) => sku));
    await this.database.query(sql`select pg_advisory_xact_lock(hashtext('catalog.import'))`);
    const products = await this.database.query<{ document: ProductDocument }>(sql`
      select document from product where handle = any(${handles}::text[]) order by handle for update`);
    const owners = await this.database.query<{ sku: string; handle: string }>(sql`
      select sku, handle from variant join product on product.id = product_id where sku = any(${skus}::text[])`);
    return new ProductImport(
      products.map(({ document }) => Product.stored(document)),
      new Map(owners.map(({ sku, handle }) => [sku, handle])),
    );
  }

  protected async store({ changed }: ProductImport): Promise<void> {
    if (changed.length === 0) return;
    await this.storeProducts(changed.map(({ document }) => document));
    await this.storeVariants(changed);
  }

  private async storeProducts(documents: readonly ProductDocument[]): Promise<void> {
    const ids = documents.map(({ id }) => id);
    const handles = documents.map(({ handle }) => handle);
    const statuses = documents.map(({ status }) => status);
    const texts = documents.map((document) => JSON.stringify(document));
    await this.database.query(sql`
      insert into product (id, handle, status, document)
      select * from unnest(${ids}::uuid[], ${handles}::text[], ${statuses}::text[], ${texts}::json[])
      on conflict (id) do update set status = excluded.status, document = excluded.document`);
  }

  private async storeVariants(products: readonly Product[]): Promise<void> {
    // First what products gave up: another product of this import may have taken it.
    const removed = products.flatMap(({ removedSkus }) => removedSkus);
    if (removed.length > 0)
      await this.database.query(sql`update variant set product_id = null where sku = any(${removed}::text[])`);
    const rows = products.flatMap(({ document }) =>
      document.variants.map((variant) => ({ product: document, ...variant })),
    );
    const skus = rows.map(({ sku }) => sku);
    const ids = rows.map(({ id }) => id);
    const productIds = rows.map(({ product }) => product.id);
    const titles = rows.map(({ product, title }) =>
      title === 'Default' ? product.title : `${product.title} / ${title}`,
    );
    const amounts = rows.map(({ price }) => price.amount);
    const currencies = rows.map(({ price }) => price.currency);
    await this.database.query(sql`
      insert into variant (sku, id, product_id, title, price_amount, price_currency)
      select * from unnest(
        ${skus}::text[], ${ids}::uuid[], ${productIds}::uuid[], ${titles}::text[], ${amounts}::bigint[], ${currencies}::text[]) row(sku) order by sku
      on conflict (sku) do update set id = excluded.id, product_id = excluded.product_id, title = excluded.title,
        price_amount = excluded.price_amount, price_currency = excluded.price_currency`);
  }
}
