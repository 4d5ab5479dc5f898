import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { GetCurrency } from './contracts/get-currency.js';
import { ShopCurrency } from './shop-currency.js';

@QueryHandler(GetCurrency)
export class GetCurrencyHandler implements IQueryHandler<GetCurrency> {
  constructor(private readonly currency: ShopCurrency) {}

  async execute() {
    return { currency: await this.currency.current() };
  }
}
