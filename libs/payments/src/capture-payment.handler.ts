import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { CapturePayment } from './contracts/index.js';
import { Payments } from './payments.js';

@CommandHandler(CapturePayment)
export class CapturePaymentHandler implements ICommandHandler<CapturePayment> {
  constructor(private readonly payments: Payments) {}

  async execute({ paymentId }: CapturePayment) {
    const payment = await this.payments.open(paymentId);
    payment.capture();
    await this.payments.save(payment);
  }
}
