import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { Database, sql } from '#kernel/core';
import { ListCategories } from './contracts/list-categories.js';

const BELOW = ' > ';

@QueryHandler(ListCategories)
export class ListCategoriesHandler implements IQueryHandler<ListCategories> {
  constructor(private readonly database: Database) {}

  async execute() {
    const rows = await this.database.query<{ name: string; products: number }>(
      sql`select name, products from category where products > 0 order by products desc, name limit 2000`,
    );
    const counts = new Map<string, number>();
    for (const { name, products } of rows) {
      const steps = name.split(BELOW);
      for (const depth of steps.keys()) {
        const path = steps.slice(0, depth + 1).join(BELOW);
        counts.set(path, (counts.get(path) ?? 0) + products);
      }
    }
    const items = [...counts].map(([name, products]) => ({ name, products }));
    return { items: items.toSorted((one, other) => (one.name < other.name ? -1 : 1)) };
  }
}
