import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock, isoInstant } from '#kernel/base';
import { ReserveStock } from './contracts/reservation.js';
import { InventorySettings } from './inventory.settings.js';
import { Reservations } from './reservations.js';
import { StockItems } from './stock-items.js';

@CommandHandler(ReserveStock)
export class ReserveStockHandler implements ICommandHandler<ReserveStock> {
  constructor(
    private readonly items: StockItems,
    private readonly reservations: Reservations,
    private readonly clock: Clock,
    private readonly settings: InventorySettings,
  ) {}

  async execute({ orderId, lines, until }: ReserveStock) {
    const skus = lines.map(({ sku }) => sku);
    const [reservation, stock] = await this.reservations.withStock(orderId, skus);
    const longest = this.clock.now() + this.settings.INVENTORY_RESERVATION_TTL * 1_000;
    reservation.reserve(lines, isoInstant(Math.min(Date.parse(until), longest)), stock);
    await this.items.save(stock);
    await this.reservations.save(reservation);
  }
}
