import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Ids } from '#kernel/base';
import { RefundPayment } from './contracts/index.js';
import { Payments } from './payments.js';

/** Sets the amount aside; the provider is asked behind it, by RequestRefund. */
@CommandHandler(RefundPayment)
export class RefundPaymentHandler implements ICommandHandler<RefundPayment> {
  constructor(
    private readonly payments: Payments,
    private readonly ids: Ids,
  ) {}

  async execute({ paymentId, amount, reason }: RefundPayment) {
    const payment = await this.payments.lock(paymentId);
    if (!payment?.state.terms) throw RefundPayment.failure('payments.payment_not_found');
    const refundId = this.ids.next();
    payment.refund(refundId, amount, reason);
    await this.payments.save(payment);
    return { refundId, paymentId, amount, remaining: { ...amount, amount: payment.refundable } };
  }
}
