import { Clock } from '#kernel/base';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { CompleteOrder } from './complete-order.js';
import { Orders } from './orders.js';

@CommandHandler(CompleteOrder)
export class CompleteOrderHandler implements ICommandHandler<CompleteOrder> {
  constructor(
    private readonly orders: Orders,
    private readonly clock: Clock,
  ) {}

  async execute({ orderId }: CompleteOrder) {
    const order = await this.orders.load(orderId);
    order!.complete(this.clock.instant());
    await this.orders.save(order!);
  }
}
