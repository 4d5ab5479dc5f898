import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { WithoutTransaction } from '#kernel/core';
import { ProviderCalls } from './provider-calls.js';
import { RequestRefund } from './provider-requests.js';

@CommandHandler(RequestRefund)
@WithoutTransaction()
export class RequestRefundHandler implements ICommandHandler<RequestRefund> {
  constructor(private readonly calls: ProviderCalls) {}

  execute({ paymentId, refund, attempt }: RequestRefund) {
    return this.calls.make({
      paymentId,
      attempt,
      due: (payment) => payment.refundDue(refund) !== undefined,
      ask: (provider, payment) => {
        const { providerReference, terms } = payment.state;
        const { amount } = payment.refundDue(refund)!;
        return provider.refund(providerReference!, refund, { amount, currency: terms!.amount.currency });
      },
      refused: (payment, code) => payment.refundRefused(refund, code),
      again: (next) => new RequestRefund({ paymentId, refund, attempt: next }),
    });
  }
}
