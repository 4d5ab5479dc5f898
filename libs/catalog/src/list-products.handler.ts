import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { Database, kernelFailure, principal, sql } from '#kernel';
import { cursorOf, digitsOf, idAt, newest, question } from './cursor.js';
import { ListProducts } from './contracts/list-products.js';
import type { Product } from './contracts/product.js';
import { planned, ProductSearch, within } from './product-search.js';

/** Newest first is by id, descending: ids are UUIDv7, and what is added during a walk comes before its beginning. */
@QueryHandler(ListProducts)
export class ListProductsHandler implements IQueryHandler<ListProducts> {
  constructor(
    private readonly database: Database,
    private readonly search: ProductSearch,
  ) {}

  async execute(asked: ListProducts) {
    const { query = '', category, status, limit, cursor } = asked;
    if (status !== 'published') allowAll();
    if (query.trim() !== '') return this.search.page(asked);
    const name = question(category, status);
    const before = cursor === undefined ? newest : idOf(cursor, name);
    const rows = await this.database.query<{ document: Product }>(
      category === undefined && status === 'published'
        ? sql`select document from product where status = 'published' and id < ${before} order by id desc limit ${limit + 1}`
        : planned(sql`
            select document from product where status = ${status} and id < ${before}${within(category)}
            order by id desc limit ${limit + 1}`),
    );
    const items = rows.slice(0, limit).map(({ document }) => document);
    return { items, nextCursor: rows.length > limit ? cursorOf(name, items.at(-1)!.id) : null };
  }
}

function idOf(cursor: string, name: string): string {
  const digits = digitsOf(cursor, name, 32);
  if (digits === undefined) throw ListProducts.failure('catalog.cursor_invalid');
  return idAt(digits, 0);
}

function allowAll(): void {
  const { kind, permissions } = principal();
  if (permissions.includes('catalog.write')) return;
  throw kernelFailure(kind === 'anonymous' ? 'kernel.unauthenticated' : 'kernel.forbidden');
}
