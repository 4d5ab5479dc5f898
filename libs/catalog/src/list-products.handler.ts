import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { Database, principal, type Sql, sql } from '#kernel/core';
import { kernelFailure, vouched } from '#kernel/messages';
import type * as z from 'zod';
import { cursorOf, digitsOf, idAt, newest, question } from './cursor.js';
import { ListProducts } from './contracts/list-products.js';
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
    const rows = await this.database.query<{ id: string; json: string }>(
      status !== 'published'
        ? hidden(asked, before)
        : category === undefined
          ? sql`select id, document::text as json from product where status = 'published' and id < ${before} order by id desc limit ${limit + 1}`
          : shelved(category, before, limit + 1),
    );
    const page = rows.slice(0, limit);
    const nextCursor = rows.length > limit ? cursorOf(name, page.at(-1)!.id) : null;
    const items = page.map(({ json }) => json).join();
    return vouched<z.output<typeof ListProducts.answer>>(
      `{"items":[${items}],"nextCursor":${JSON.stringify(nextCursor)}}`,
    );
  }
}

/** The newest of each category that has any, and of these the newest: however few of all products they are, no other is looked at. */
const shelved = (category: string, before: string, limit: number): Sql => sql`
  select id, document::text as json from product where id in (
    select id from category, lateral (
      select id from product where category = name and status = 'published' and id < ${before} order by id desc limit ${limit}) shelf
    where products > 0${within(category, sql`name`)} order by id desc limit ${limit})
  order by id desc`;

const hidden = ({ category, status, limit }: ListProducts, before: string): Sql =>
  planned(sql`
    select id, document::text as json from product where status = ${status} and id < ${before}${within(category)}
    order by id desc limit ${limit + 1}`);

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
