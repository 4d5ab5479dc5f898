import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { Database, sql } from '#kernel';
import { ListProducts } from './contracts/list-products.js';
import { type ProductRow, shown } from './shown-product.js';

const newest = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** Newest first is by id, descending: ids are UUIDv7, and what is added during a walk comes before its beginning. */
@QueryHandler(ListProducts)
export class ListProductsHandler implements IQueryHandler<ListProducts> {
  constructor(private readonly database: Database) {}

  async execute({ limit, cursor }: ListProducts) {
    const before = cursor === undefined ? newest : idOf(cursor);
    const rows = await this.database.query<ProductRow>(sql`
      select document, array(select sku from variant where product_id = product.id and available) as available
      from product where status = 'published' and id < ${before} order by id desc limit ${limit + 1}`);
    const items = rows.slice(0, limit).map(shown);
    return { items, nextCursor: rows.length > limit ? cursorOf(items.at(-1)!.id) : null };
  }
}

/** A page's last id, base64url. */
const cursorOf = (id: string): string => Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url');

function idOf(cursor: string): string {
  const id = Buffer.from(cursor, 'base64url')
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  if (id.length !== 36 || cursorOf(id) !== cursor) throw ListProducts.failure('catalog.cursor_invalid');
  return id;
}
