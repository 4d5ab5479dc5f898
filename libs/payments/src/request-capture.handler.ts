import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { WithoutTransaction } from '#kernel';
import { ProviderCalls } from './provider-calls.js';
import { RequestCapture } from './provider-requests.js';

@CommandHandler(RequestCapture)
@WithoutTransaction()
export class RequestCaptureHandler implements ICommandHandler<RequestCapture> {
  constructor(private readonly calls: ProviderCalls) {}

  execute({ paymentId, attempt }: RequestCapture) {
    return this.calls.make({
      paymentId,
      attempt,
      due: (payment) => payment.captureDue,
      ask: (provider, { providerReference, terms }) => provider.capture(paymentId, providerReference!, terms!.amount),
      again: (next) => new RequestCapture({ paymentId, attempt: next }),
    });
  }
}
