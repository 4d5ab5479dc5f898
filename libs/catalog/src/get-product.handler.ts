import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { Database, principal, sql } from '#kernel';
import { Uuid } from '#kernel/messages';
import { GetProduct } from './contracts/get-product.js';
import { type ProductRow, shown } from './shown-product.js';

@QueryHandler(GetProduct)
export class GetProductHandler implements IQueryHandler<GetProduct> {
  constructor(private readonly database: Database) {}

  async execute({ idOrHandle }: GetProduct) {
    // A handle may look like an id: an id that exists goes first.
    const id = Uuid.safeParse(idOrHandle).success ? idOrHandle : null;
    const seesAll = principal().permissions.includes('catalog.write');
    const row = await this.database.one<ProductRow>(sql`
      select document, array(select sku from variant where product_id = product.id and available) as available
      from product
      where id = coalesce((select id from product where id = ${id}::uuid), (select id from product where handle = ${idOrHandle}))
        and (status = 'published' or ${seesAll}::boolean)`);
    if (!row) throw GetProduct.failure('catalog.product_not_found');
    return shown(row);
  }
}
