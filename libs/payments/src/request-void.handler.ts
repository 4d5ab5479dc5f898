import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { WithoutTransaction } from '#kernel/core';
import { ProviderCalls, type ProviderRequest } from './provider-calls.js';
import { RequestVoid } from './provider-requests.js';

/** Where it was captured meanwhile, the refusal says so, and the payment asks for a refund instead. */
export const voidRequest = (paymentId: string, attempt: number): ProviderRequest => ({
  paymentId,
  attempt,
  due: (payment) => payment.voidDue,
  ask: (provider) => provider.void(paymentId),
  again: (next) => new RequestVoid({ paymentId, attempt: next }),
});

@CommandHandler(RequestVoid)
@WithoutTransaction()
export class RequestVoidHandler implements ICommandHandler<RequestVoid> {
  constructor(private readonly calls: ProviderCalls) {}

  execute({ paymentId, attempt }: RequestVoid) {
    return this.calls.make(voidRequest(paymentId, attempt));
  }
}
