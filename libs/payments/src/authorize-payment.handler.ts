import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { AuthorizePayment } from './contracts/index.js';
import { PaymentProviders } from './payment-providers.js';
import { Payments } from './payments.js';

@CommandHandler(AuthorizePayment)
export class AuthorizePaymentHandler implements ICommandHandler<AuthorizePayment> {
  constructor(
    private readonly payments: Payments,
    private readonly providers: PaymentProviders,
  ) {}

  async execute(command: AuthorizePayment) {
    const payment = await this.payments.open(command.paymentId);
    payment.authorize(command);
    if (!this.providers.find(command.provider)) payment.fail('provider_not_found');
    await this.payments.save(payment);
  }
}
