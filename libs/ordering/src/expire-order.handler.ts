import { Clock } from '#kernel/base';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ExpireOrder } from './expire-order.js';
import { Orders } from './orders.js';

@CommandHandler(ExpireOrder)
export class ExpireOrderHandler implements ICommandHandler<ExpireOrder> {
  constructor(
    private readonly orders: Orders,
    private readonly clock: Clock,
  ) {}

  async execute({ orderId }: ExpireOrder) {
    const order = await this.orders.load(orderId);
    order!.expire(this.clock.instant());
    await this.orders.save(order!);
  }
}
