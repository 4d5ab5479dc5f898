import { Database, principal, sql } from '#kernel/core';
import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { ListOrders } from './contracts/index.js';
import { isSettled, type OrderState } from './order.js';

type Row = Pick<OrderState, 'id' | 'number' | 'status' | 'stock' | 'payment' | 'total' | 'createdAt'>;

const newest = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** Newest first is by id, descending: ids are UUIDv7. Each filter has its index; both together are few rows of one owner. */
@QueryHandler(ListOrders)
export class ListOrdersHandler implements IQueryHandler<ListOrders> {
  constructor(private readonly database: Database) {}

  async execute({ status, limit, cursor = newest }: ListOrders) {
    const rows = await this.database.query<Row>(sql`
      select id, number, status, stock, payment, total, created_at as "createdAt" from orders
      where id < ${cursor} ${this.ownership()} ${status ? sql`and status = ${status}` : sql``}
      order by id desc limit ${limit + 1}`);
    const items = rows.slice(0, limit).map(({ id, number, status, stock, payment, total, createdAt }) => ({
      id,
      number,
      status,
      total,
      createdAt,
      payment: { status: payment.status },
      settled: isSettled({ status, stock, payment }),
    }));
    return { items, nextCursor: rows.length > limit ? items.at(-1)!.id : null };
  }

  private ownership() {
    const { kind, id, permissions } = principal();
    return kind === 'service' || permissions.includes('orders.read') ? sql`` : sql`and owner = ${`user:${id}`}`;
  }
}
