import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { WithoutTransaction } from '#kernel/core';
import { CancelPayment } from './contracts/index.js';
import { ProviderCalls } from './provider-calls.js';
import { voidRequest } from './request-void.handler.js';

/**
 * Voids at once what is not taken. What is taken goes back by RequestRefund: how much that is, is only known under the
 * lock, where a refund that somebody wished for at the same time can't count on it too.
 */
@CommandHandler(CancelPayment)
@WithoutTransaction()
export class CancelPaymentHandler implements ICommandHandler<CancelPayment> {
  constructor(private readonly calls: ProviderCalls) {}

  execute({ paymentId }: CancelPayment) {
    return this.calls.make({
      ...voidRequest(paymentId, 0),
      wish: (payment, asked) => payment.cancel(asked),
    });
  }
}
