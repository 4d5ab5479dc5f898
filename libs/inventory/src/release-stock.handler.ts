import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ReleaseStock } from './contracts/reservation.js';
import { Reservations } from './reservations.js';
import { StockItems } from './stock-items.js';

@CommandHandler(ReleaseStock)
export class ReleaseStockHandler implements ICommandHandler<ReleaseStock> {
  constructor(
    private readonly items: StockItems,
    private readonly reservations: Reservations,
  ) {}

  async execute({ orderId }: ReleaseStock) {
    const [reservation, stock] = await this.reservations.withItsStock(orderId);
    reservation.giveBack(stock);
    await this.items.save(stock);
    await this.reservations.save(reservation);
  }
}
