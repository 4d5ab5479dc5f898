import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock, WithoutTransaction } from '#kernel';
import type { Payment } from './payment.js';
import type { PaymentProvider, ProviderAnswer } from './payment-provider.js';
import { ProviderCalls } from './provider-calls.js';
import { RequestAuthorization } from './provider-requests.js';

/** Asks for the money, then looks after it at growing intervals until it is known: a webhook that is lost only delays. */
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
      ask: (provider, payment) => this.ask(provider, payment, token, attempt),
      again: (next) => new RequestAuthorization({ paymentId, token, attempt: next }),
    });
  }

  private async ask(
    provider: PaymentProvider,
    payment: Payment,
    token: string,
    attempt: number,
  ): Promise<ProviderAnswer> {
    const { id: paymentId, terms } = payment;
    const { amount, until } = terms!;
    if (this.clock.now() >= Date.parse(until)) return { kind: 'silence', reason: `it was asked until ${until}` };
    // A repeated creation would be answered as the first was; only a look says how it is now.
    const found = attempt > 0 ? await provider.find(paymentId) : undefined;
    if (found && !(found.kind === 'refusal' && found.code === 'not_found')) return found;
    return provider.authorize({ paymentId, amount, token, until });
  }
}
