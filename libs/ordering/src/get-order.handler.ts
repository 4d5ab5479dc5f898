import { owns } from '#kernel/core';
import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { GetOrder } from './contracts/index.js';
import { isSettled, type OrderState } from './order.js';
import { Orders } from './orders.js';
import { Settling } from './settling.js';

@QueryHandler(GetOrder)
export class GetOrderHandler implements IQueryHandler<GetOrder> {
  constructor(
    private readonly orders: Orders,
    private readonly settling: Settling,
  ) {}

  async execute({ id, patience = 0 }: GetOrder) {
    const settled = this.settling.await(id, patience); // before it is read: it may be settled meanwhile
    const order = await this.read(id);
    return this.view(isSettled(order) ? order : ((await settled) ?? order));
  }

  private async read(id: string): Promise<OrderState> {
    const order = await this.orders.find(id);
    if (!owns(order?.owner, 'orders.read') || !order) throw GetOrder.failure('ordering.order_not_found');
    return order;
  }

  private view(order: OrderState) {
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
