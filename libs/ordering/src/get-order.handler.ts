import { owns } from '#kernel';
import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { GetOrder } from './contracts/index.js';
import { isSettled } from './order.js';
import { Orders } from './orders.js';

@QueryHandler(GetOrder)
export class GetOrderHandler implements IQueryHandler<GetOrder> {
  constructor(private readonly orders: Orders) {}

  async execute({ id }: GetOrder) {
    const order = await this.orders.find(id);
    if (!owns(order?.owner, 'orders.read') || !order) throw GetOrder.failure('ordering.order_not_found');
    const { payment, shipment, ...rest } = order;
    return {
      ...rest,
      ...(shipment ? { shipment } : {}),
      payment: {
        id: payment.id,
        status: payment.status,
        ...(payment.url === null ? {} : { nextAction: { url: payment.url } }),
      },
      settled: isSettled(order),
    };
  }
}
