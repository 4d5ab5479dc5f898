import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '#kernel/base';
import { WithoutTransaction } from '#kernel/core';
import type { PaymentState } from './payment-state.js';
import type { PaymentProvider, ProviderAnswer } from './payment-provider.js';
import { ProviderCalls } from './provider-calls.js';
import { RequestAuthorization } from './provider-requests.js';

/** Asks for a payment, whose provider was silent, at growing intervals until it is known what becomes of it. */
@CommandHandler(RequestAuthorization)
@WithoutTransaction()
export class RequestAuthorizationHandler implements ICommandHandler<RequestAuthorization> {
  constructor(
    private readonly calls: ProviderCalls,
    private readonly clock: Clock,
  ) {}

  execute({ paymentId, token, attempt }: RequestAuthorization) {
    return this.calls.make({
      paymentId,
      attempt,
      due: (payment) => payment.awaitsAuthorization,
      ask: (provider, { state }) => this.ask(provider, paymentId, state.terms!, token),
      refused: (payment, code) => payment.fail(code),
      again: (next) => new RequestAuthorization({ paymentId, token, attempt: next }),
    });
  }

  private async ask(
    provider: PaymentProvider,
    paymentId: string,
    { amount, until }: NonNullable<PaymentState['terms']>,
    token: string,
  ): Promise<ProviderAnswer> {
    if (this.clock.now() >= Date.parse(until)) return { kind: 'silence', reason: `it was asked until ${until}` };
    // A repeated creation would be answered as the first was; only a look says how it is now.
    const found = await provider.find(paymentId);
    if (found.kind !== 'refusal' || found.code !== 'not_found') return found;
    return provider.authorize({ paymentId, amount, token, until });
  }
}
