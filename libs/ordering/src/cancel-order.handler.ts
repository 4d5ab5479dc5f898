import { Clock } from '#kernel/base';
import { owns } from '#kernel/core';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { CancelOrder } from './contracts/index.js';
import { Orders } from './orders.js';

@CommandHandler(CancelOrder)
export class CancelOrderHandler implements ICommandHandler<CancelOrder> {
  constructor(
    private readonly orders: Orders,
    private readonly clock: Clock,
  ) {}

  async execute({ id }: CancelOrder) {
    const order = await this.orders.load(id);
    if (!owns(order?.state.owner, 'orders.write') || !order) throw CancelOrder.failure('ordering.order_not_found');
    order.cancel(this.clock.instant());
    await this.orders.save(order);
  }
}
