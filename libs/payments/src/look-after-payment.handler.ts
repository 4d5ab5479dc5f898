import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '#kernel/base';
import { WithoutTransaction } from '#kernel/core';
import type { PaymentProvider, ProviderAnswer } from './payment-provider.js';
import { ProviderCalls } from './provider-calls.js';
import { LookAfterPayment } from './provider-requests.js';

/** Whatever comes of it, Lookout asks again as long as it is due. */
@CommandHandler(LookAfterPayment)
@WithoutTransaction()
export class LookAfterPaymentHandler implements ICommandHandler<LookAfterPayment> {
  constructor(
    private readonly calls: ProviderCalls,
    private readonly clock: Clock,
  ) {}

  execute({ paymentId }: LookAfterPayment) {
    return this.calls.make({
      paymentId,
      attempt: 0,
      due: (payment) => payment.lookDue,
      ask: (provider, { state }) => this.ask(provider, paymentId, state.terms!.until),
    });
  }

  private async ask(provider: PaymentProvider, paymentId: string, until: string): Promise<ProviderAnswer> {
    if (this.clock.now() >= Date.parse(until)) return { kind: 'silence', reason: `it had until ${until}` };
    const found = await provider.find(paymentId);
    return found.kind === 'refusal' ? { kind: 'silence', reason: found.code } : found;
  }
}
