import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { WithoutTransaction } from '#kernel';
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
      due: (payment) => payment.refundDue?.reference === refund,
      ask: (provider, { providerReference, refundDue, terms }) =>
        provider.refund(providerReference!, refund, {
          amount: refundDue!.amount,
          currency: terms!.amount.currency,
        }),
      again: (next) => new RequestRefund({ paymentId, refund, attempt: next }),
    });
  }
}
