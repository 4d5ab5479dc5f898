import { Injectable, Logger } from '@nestjs/common';
import { Clock, isoInstant, within } from '#kernel/base';
import { Database, isConflict, send } from '#kernel/core';
import type { Payment } from './payment.js';
import type { PaymentProvider, ProviderAnswer } from './payment-provider.js';
import { PaymentProviders } from './payment-providers.js';
import { Payments } from './payments.js';

/** One thing to ask of a provider: whether it is wanted, how it is asked, and the command that asks it again. */
export interface ProviderRequest {
  readonly paymentId: string;
  readonly attempt: number;
  /** Makes it wanted, where it was not before. `asked`: the provider has been already, and its answer follows. */
  readonly wish?: (payment: Payment, asked: boolean) => void;
  readonly due: (payment: Payment) => boolean;
  readonly ask: (provider: PaymentProvider, payment: Payment) => Promise<ProviderAnswer>;
  /** What a refusal means to the payment; where it stays due, a human must look. */
  readonly refused?: (payment: Payment, code: string) => void;
  /** None where somebody else sees to it. */
  readonly again?: (attempt: number) => object;
}

/** 0.5 s, then twice as long each time, 10 s at most. */
const delayMs = (attempt: number): number => Math.min(10_000, 500 * 2 ** attempt);
/** Longer than most answers take. */
const ANSWERED_WITHIN_MS = 300;

/**
 * Asks a provider outside any transaction, and writes down in exactly one what came of it. A crash at any point repeats
 * the whole: the provider's idempotency keys make it one, and what is written depends on the payment as it is then.
 */
@Injectable()
export class ProviderCalls {
  private readonly logger = new Logger('Payments');
  private readonly underWay = new Map<string, Promise<boolean>>();

  constructor(
    private readonly database: Database,
    private readonly payments: Payments,
    private readonly providers: PaymentProviders,
    private readonly clock: Clock,
  ) {}

  /**
   * `seen`: the payment where it need not be read; if it shows nothing to do, it is.
   * @throws Error where the provider refuses what our books say it must do: a matter for a human
   */
  async make(request: ProviderRequest, seen?: Payment): Promise<void> {
    const call = this.carryOut(request, seen);
    const told = call.catch(() => false); // whoever made the call hears of its failure
    this.underWay.set(request.paymentId, told);
    try {
      await call;
    } finally {
      if (this.underWay.get(request.paymentId) === told) this.underWay.delete(request.paymentId);
    }
  }

  /**
   * Waits a moment for a call about the payment that this process is making: what a webhook tells then is most likely in its
   * answer. Tells whether the payment was written with that.
   */
  async answered(paymentId: string): Promise<boolean> {
    const call = this.underWay.get(paymentId);
    return call !== undefined && within(ANSWERED_WITHIN_MS, call, false);
  }

  /** Tells whether it changed the payment. */
  private async carryOut(request: ProviderRequest, seen: Payment | undefined): Promise<boolean> {
    const { paymentId, wish, due } = request;
    const matters = (payment: Payment): boolean => {
      wish?.(payment, true);
      return wish ? payment.changed : due(payment);
    };
    const before = seen && matters(seen) ? seen : await this.payments.find(paymentId);
    if (before !== seen && !matters(before)) return false;
    const answer = due(before) ? await this.ask(request, before) : undefined;
    const written = async (payment: Payment) => {
      if (answer) this.takeIn(request, payment, answer);
      const { changed } = payment;
      await this.payments.save(payment);
      return changed;
    };
    try {
      return await this.database.transaction(() => written(before));
    } catch (error) {
      if (!isConflict(error)) throw error;
      // A webhook, say, was faster: the answer is taken in by the payment as it is now, which nobody changes meanwhile.
      return this.database.transaction(async () => {
        const payment = await this.payments.open(paymentId);
        wish?.(payment, answer !== undefined);
        return written(payment);
      });
    }
  }

  private async ask({ paymentId, attempt, ask }: ProviderRequest, payment: Payment): Promise<ProviderAnswer> {
    const provider = this.providers.find(payment.state.terms!.provider);
    if (!provider) return { kind: 'refusal', code: 'provider_not_found' };
    const answer = await ask(provider, payment);
    if (answer.kind === 'silence' && attempt === 0) {
      this.logger.warn(`the provider of payment ${paymentId} is silent and will be asked again: ${answer.reason}`);
    }
    return answer;
  }

  private takeIn({ attempt, due, refused, again }: ProviderRequest, payment: Payment, answer: ProviderAnswer): void {
    const now = this.clock.instant();
    if (answer.kind === 'silence') payment.expire(now);
    else if (answer.payment) payment.learn(answer.payment, now);
    if (answer.kind === 'refusal') refused?.(payment, answer.code);
    if (!due(payment)) return;
    if (answer.kind === 'refusal') throw new Error(`the provider refuses payment ${payment.id}: ${answer.code}`);
    if (again) send(again(attempt + 1), { at: this.nextTime(attempt, payment) });
  }

  /** An authorization is not left waiting beyond its time. */
  private nextTime(attempt: number, { awaitsAuthorization, state }: Payment): string {
    const next = this.clock.now() + delayMs(attempt);
    return isoInstant(awaitsAuthorization ? Math.min(next, Date.parse(state.terms!.until)) : next);
  }
}
