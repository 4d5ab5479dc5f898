import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { ListPaymentProviders } from './contracts/index.js';
import { PaymentProviders } from './payment-providers.js';

@QueryHandler(ListPaymentProviders)
export class ListPaymentProvidersHandler implements IQueryHandler<ListPaymentProviders> {
  constructor(private readonly providers: PaymentProviders) {}

  async execute() {
    return { names: this.providers.names };
  }
}
