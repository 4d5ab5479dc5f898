import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { WithoutTransaction } from '#kernel/core';
import { ProviderCalls, type ProviderRequest } from './provider-calls.js';
import { RequestCapture } from './provider-requests.js';

export const captureRequest = (paymentId: string, attempt: number): ProviderRequest => ({
  paymentId,
  attempt,
  due: (payment) => payment.captureDue,
  ask: (provider, { state }) => provider.capture(paymentId, state.providerReference!, state.terms!.amount),
  again: (next) => new RequestCapture({ paymentId, attempt: next }),
});

@CommandHandler(RequestCapture)
@WithoutTransaction()
export class RequestCaptureHandler implements ICommandHandler<RequestCapture> {
  constructor(private readonly calls: ProviderCalls) {}

  execute({ paymentId, attempt }: RequestCapture) {
    return this.calls.make(captureRequest(paymentId, attempt));
  }
}
