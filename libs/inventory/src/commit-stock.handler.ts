import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { CommitStock } from './contracts/reservation.js';
import { Reservations } from './reservations.js';
import { StockItems } from './stock-items.js';

@CommandHandler(CommitStock)
export class CommitStockHandler implements ICommandHandler<CommitStock> {
  constructor(
    private readonly items: StockItems,
    private readonly reservations: Reservations,
  ) {}

  async execute({ orderId }: CommitStock) {
    const [reservation, stock] = await this.reservations.withItsStock(orderId);
    reservation.commit(stock);
    await this.items.save(stock);
    await this.reservations.save(reservation);
  }
}
