import { Injectable } from '@nestjs/common';
import { Database, Sql, sql } from '#kernel/core';
import { cursorOf, digitsOf, idAt, newest, oldest, question } from './cursor.js';
import { ListProducts } from './contracts/list-products.js';
import type { Product } from './contracts/product.js';
import { searchOf } from './searchable.js';

/** Of so many matches the best is looked for: a word that half of the shop has would else be ranked as often as it stands there. */
const WINDOW = 500;

/** The products that match from `down` to before `below`, of which those after `rank` and `after` are to come. */
interface Place {
  readonly below: string;
  /** Undefined: as far down as there are WINDOW matches. */
  readonly down?: string;
  readonly rank: number;
  readonly after: string;
}

interface Found {
  readonly id: string;
  readonly document: Product;
  readonly rank: number;
  readonly down: string;
  readonly matched: number;
}

/** Finds products by words, the best first within each window of matches, which go from the newest to the oldest. */
@Injectable()
export class ProductSearch {
  constructor(private readonly database: Database) {}

  async page(asked: ListProducts) {
    const { query = '', category, status, limit, cursor } = asked;
    const search = searchOf(query);
    if (!search) return { items: [], nextCursor: null };
    const name = question(search, category, status);
    const found: { document: Product; place: Place }[] = [];
    let place = cursor === undefined ? top(newest) : placeOf(cursor, name);
    while (found.length <= limit) {
      const { below, down } = place;
      const rows = await this.window(asked, search, place, limit + 1 - found.length);
      for (const { document, ...row } of rows)
        found.push({ document, place: { below, down: row.down, rank: row.rank, after: row.id } });
      if (down === undefined && (rows[0]?.matched ?? 0) < WINDOW) break; // there is nothing further down
      place = top(rows[0]?.down ?? down!);
    }
    const shown = found.slice(0, limit);
    return {
      items: shown.map(({ document }) => document),
      nextCursor: found.length > limit ? cursorAt(shown.at(-1)!.place, name) : null,
    };
  }

  private window(
    { category, status }: ListProducts,
    { words, open }: { words: string; open: boolean },
    { below, down, rank, after }: Place,
    limit: number,
  ): Promise<Found[]> {
    const wanted = open
      ? sql`(nullif(websearch_to_tsquery('simple', ${words})::text, '') || ':*')::tsquery`
      : sql`websearch_to_tsquery('simple', ${words})`;
    return this.database.query<Found>(
      planned(sql`
        with matched as materialized (
          select id, search from product
          where search @@ ${wanted} and status = ${status} and id < ${below} and id >= ${down ?? oldest}${within(category)}
          order by id desc limit ${down === undefined ? WINDOW : null}),
        ranked as materialized (select id, ts_rank(search, ${wanted}) as rank from matched),
        page as (
          select id, rank from ranked where (rank, id) < (${rank}::real, ${after}::uuid)
          order by rank desc, id desc limit ${limit})
        select id, rank, document, (select id from ranked order by id limit 1) as down, (select count(*) from ranked) as matched
        from page join product using (id) order by rank desc, id desc`),
    );
  }
}

/** Planned with the values that it is for: a word that all have wants another way than one that is rare. */
export const planned = ({ text, values }: Sql): Sql => new Sql(text, values, undefined);

/** A category, with all below it; `column` has its name, in collation C, where "!" comes right behind the blank. */
export const within = (category: string | undefined, column = sql`category`): Sql =>
  category === undefined
    ? sql``
    : sql` and (${column} = ${category} or (${column} >= ${`${category} > `} and ${column} < ${`${category} >!`}))`;

const top = (below: string): Place => ({ below, rank: Infinity, after: newest });

function cursorAt({ below, down, rank, after }: Place, name: string): string {
  const bits = Buffer.alloc(4);
  bits.writeFloatBE(rank);
  return cursorOf(name, below, down!, after, bits.toString('hex'));
}

function placeOf(cursor: string, name: string): Place {
  const digits = digitsOf(cursor, name, 104);
  if (digits === undefined) throw ListProducts.failure('catalog.cursor_invalid');
  const rank = Buffer.from(digits.slice(96), 'hex').readFloatBE();
  return { below: idAt(digits, 0), down: idAt(digits, 32), after: idAt(digits, 64), rank };
}
