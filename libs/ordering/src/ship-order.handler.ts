import { Clock } from '#kernel/base';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ShipOrder } from './contracts/index.js';
import { OrderingSettings } from './ordering-settings.js';
import { Orders } from './orders.js';

@CommandHandler(ShipOrder)
export class ShipOrderHandler implements ICommandHandler<ShipOrder> {
  constructor(
    private readonly orders: Orders,
    private readonly clock: Clock,
    private readonly settings: OrderingSettings,
  ) {}

  async execute({ id, ...by }: ShipOrder) {
    const order = await this.orders.load(id);
    if (!order) throw ShipOrder.failure('ordering.order_not_found');
    const completeAt = this.clock.instant(this.settings.ORDERING_COMPLETE_AFTER * 1_000);
    order.ship(by, this.clock.instant(), completeAt);
    await this.orders.save(order);
  }
}
