import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { SetStock } from './contracts/stock.js';
import { StockItems } from './stock-items.js';

@CommandHandler(SetStock)
export class SetStockHandler implements ICommandHandler<SetStock> {
  constructor(private readonly items: StockItems) {}

  async execute({ sku, onHand }: SetStock) {
    await this.items.create(new Map([[sku, 0]]));
    const stock = await this.items.lock([sku]);
    const item = stock.item(sku);
    item.set(onHand);
    await this.items.save(stock);
    return { sku, onHand, reserved: item.reserved, available: item.available };
  }
}
