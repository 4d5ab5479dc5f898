import { Injectable, Logger } from '@nestjs/common';
import { Clock, Database, isoInstant, send } from '#kernel';
import type { Payment } from './payment.js';
import type { PaymentProvider, ProviderAnswer } from './payment-provider.js';
import { PaymentProviders } from './payment-providers.js';
import { Payments } from './payments.js';

/** One thing to ask of a provider: whether it is still wanted, how it is asked, and the command that asks it again. */
export interface ProviderRequest {
  readonly paymentId: string;
  readonly attempt: number;
  readonly due: (payment: Payment) => boolean;
  readonly ask: (provider: PaymentProvider, payment: Payment) => Promise<ProviderAnswer>;
  readonly again: (attempt: number) => object;
}

/** 0.5 s, then twice as long each time, 10 s at most. */
const delayMs = (attempt: number): number => Math.min(10_000, 500 * 2 ** attempt);

/** Asks a provider outside any transaction, and writes down in exactly one what came of it. */
@Injectable()
export class ProviderCalls {
  private readonly logger = new Logger('Payments');

  constructor(
    private readonly database: Database,
    private readonly payments: Payments,
    private readonly providers: PaymentProviders,
    private readonly clock: Clock,
  ) {}

  /** @throws Error where the provider refuses what our books say it must do: a matter for a human */
  async make({ paymentId, attempt, due, ask, again }: ProviderRequest): Promise<void> {
    const asked = await this.payments.find(paymentId);
    if (!due(asked)) return;
    const answer = await ask(this.providers.find(asked.terms!.provider)!, asked);
    if (answer.kind === 'silence' && attempt === 0) {
      this.logger.warn(`the provider of payment ${paymentId} is silent and will be asked again: ${answer.reason}`);
    }
    await this.database.transaction(async () => {
      const payment = (await this.payments.lock(paymentId))!;
      const now = this.clock.instant();
      if (answer.kind === 'silence') payment.expire(now);
      else if (answer.payment) payment.learn(answer.payment, now);
      else if (answer.kind === 'refusal') payment.fail(answer.code);
      if (due(payment)) {
        if (answer.kind === 'refusal') throw new Error(`the provider refuses payment ${paymentId}: ${answer.code}`);
        send(again(attempt + 1), { at: this.nextTime(attempt, payment) });
      }
      await this.payments.save(payment);
    });
  }

  /** An authorization is not left waiting beyond its time. */
  private nextTime(attempt: number, { awaitsAuthorization, terms }: Payment): string {
    const next = this.clock.now() + delayMs(attempt);
    return isoInstant(awaitsAuthorization ? Math.min(next, Date.parse(terms!.until)) : next);
  }
}
