import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '#kernel/base';
import { ExpireReservation } from './expire-reservation.js';
import { Reservations } from './reservations.js';
import { StockItems } from './stock-items.js';

@CommandHandler(ExpireReservation)
export class ExpireReservationHandler implements ICommandHandler<ExpireReservation> {
  constructor(
    private readonly items: StockItems,
    private readonly reservations: Reservations,
    private readonly clock: Clock,
  ) {}

  async execute({ orderId }: ExpireReservation) {
    const [reservation, stock] = await this.reservations.withItsStock(orderId);
    reservation.expire(this.clock.now(), stock);
    await this.items.save(stock);
    await this.reservations.save(reservation);
  }
}
