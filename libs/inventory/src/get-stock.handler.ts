import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import type * as z from 'zod';
import { Database, sql } from '#kernel/core';
import { GetStock, type Stock } from './contracts/stock.js';

@QueryHandler(GetStock)
export class GetStockHandler implements IQueryHandler<GetStock> {
  constructor(private readonly database: Database) {}

  async execute({ sku }: GetStock) {
    const stock = await this.database.one<z.infer<typeof Stock>>(sql`
      select sku, on_hand as "onHand", reserved, on_hand - reserved as available from stock_item where sku = ${sku}`);
    if (!stock) throw GetStock.failure('inventory.sku_not_found');
    return stock;
  }
}
