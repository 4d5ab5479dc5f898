import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { CancelPayment } from './contracts/index.js';
import { Payments } from './payments.js';

@CommandHandler(CancelPayment)
export class CancelPaymentHandler implements ICommandHandler<CancelPayment> {
  constructor(private readonly payments: Payments) {}

  async execute({ paymentId }: CancelPayment) {
    const payment = await this.payments.open(paymentId);
    payment.cancel();
    await this.payments.save(payment);
  }
}
