import { Aggregate } from '#kernel';
import type { Money } from '#kernel/messages';
import {
  type AuthorizePayment,
  PaymentActionRequired,
  PaymentAuthorized,
  PaymentCaptured,
  PaymentDeclined,
  PaymentRefunded,
  PaymentVoided,
} from './contracts/index.js';
import type { PaymentFact, PaymentStatus } from './payment-fact.js';
import type { ProviderPayment } from './payment-provider.js';
import { RequestAuthorization, RequestCapture, RequestRefund, RequestVoid } from './provider-requests.js';

interface Refund {
  readonly reference: string;
  readonly amount: number;
}

/**
 * One payment, made from its stream. The provider's view of it may come by an answer or a webhook, once, twice, late or in
 * any order: `learn` takes what is new and lets the rest be.
 */
export class Payment extends Aggregate {
  status: PaymentStatus = 'created';
  terms?: { readonly orderId: string; readonly amount: Money; readonly provider: string; readonly until: string };
  providerReference?: string;
  captured = 0;
  refunded = 0;
  version = 0;
  private refunds = 0;
  private refund?: Refund;
  private cancelled = false;
  private captureRequested = false;
  private voidRequested = false;
  /** Money that turns up is not for us to keep: it was cancelled, or told to be lost. */
  private unwanted = false;
  private newFacts: PaymentFact[] = [];

  private constructor(readonly id: string) {
    super();
  }

  static from(id: string, facts: readonly PaymentFact[]): Payment {
    const payment = new Payment(id);
    for (const fact of facts) payment.apply(fact);
    return payment;
  }

  releaseFacts(): readonly PaymentFact[] {
    return this.newFacts.splice(0);
  }

  /** Nothing has come of the authorization yet, and it is still wanted. */
  get awaitsAuthorization(): boolean {
    return this.terms !== undefined && !this.unwanted && this.is('created', 'requires_action');
  }

  get captureDue(): boolean {
    return this.captureRequested && !this.unwanted && this.is('authorized');
  }

  get voidDue(): boolean {
    return this.voidRequested && this.voidable;
  }

  /** The refund under way; should the provider have given back some by itself, it can't succeed any more and is none. */
  get refundDue(): Refund | undefined {
    const { refund, remaining } = this;
    return refund && remaining > 0 && refund.amount <= remaining ? refund : undefined;
  }

  authorize({ orderId, amount, provider, token, until }: AuthorizePayment): void {
    if (this.terms) return;
    this.happen({ type: 'requested', orderId, amount, provider, until });
    if (this.cancelled) this.voided();
    else this.send(new RequestAuthorization({ paymentId: this.id, token, attempt: 0 }));
  }

  /** The provider won't hear of it, and nothing was taken. */
  fail(reason: string): void {
    if (!this.awaitsAuthorization) return;
    this.happen({ type: 'failed', reason });
    this.record(new PaymentDeclined({ ...this.ref, reason }));
  }

  /** Gives up waiting once the time is over: the order does too, so money that turns up from then on is sent back. */
  expire(now: string): void {
    if (this.awaitsAuthorization && Date.parse(now) >= Date.parse(this.terms!.until)) this.happen({ type: 'expired' });
  }

  capture(): void {
    if (this.captureRequested || this.unwanted || !this.is('created', 'requires_action', 'authorized')) return;
    this.happen({ type: 'capture_requested' });
    if (this.captureDue) this.send(new RequestCapture({ paymentId: this.id, attempt: 0 }));
  }

  /** From now on nothing is kept: what is held is voided, what was taken goes back, whenever it turns up. */
  cancel(): void {
    if (this.cancelled || this.is('declined', 'failed', 'voided', 'refunded')) return;
    this.happen({ type: 'cancelled' });
    if (this.terms) this.giveBack();
  }

  /** Takes in how the provider sees it, `now`. @throws Error where their books can't be squared with ours */
  learn(seen: ProviderPayment, now: string): void {
    if (!this.terms) return;
    this.compare(seen);
    this.expire(now);
    if (seen.id && !this.providerReference) this.happen({ type: 'known_to_provider', reference: seen.id });
    switch (seen.status) {
      case 'processing':
        break;
      case 'requires_action':
        this.actionRequired(seen.nextAction?.url);
        break;
      case 'declined':
        this.declined(seen.declineReason ?? 'declined');
        break;
      case 'voided':
        this.voided();
        break;
      case 'authorized':
        this.authorized();
        break;
      case 'captured':
      case 'partially_refunded':
      case 'refunded':
        this.authorized();
        this.taken(seen.captured?.amount ?? 0);
        this.givenBack(seen.refunded?.amount ?? 0);
    }
    if (this.unwanted && this.is('authorized', 'captured', 'partially_refunded')) this.giveBack();
  }

  private actionRequired(url: string | undefined): void {
    if (!url || this.unwanted || !this.is('created')) return;
    this.happen({ type: 'action_required', url });
    this.record(new PaymentActionRequired({ ...this.ref, url }));
  }

  private declined(reason: string): void {
    if (!this.is('created', 'requires_action', 'expired')) return;
    this.happen({ type: 'declined', reason });
    this.record(new PaymentDeclined({ ...this.ref, reason }));
  }

  private authorized(): void {
    if (!this.is('created', 'requires_action', 'expired', 'declined', 'failed')) return;
    this.happen({ type: 'authorized' });
    // Told to the order only where it may count on it.
    if (!this.unwanted) this.record(new PaymentAuthorized({ ...this.ref, amount: this.terms!.amount }));
    if (this.captureDue) this.send(new RequestCapture({ paymentId: this.id, attempt: 0 }));
  }

  private taken(amount: number): void {
    if (!this.is('authorized')) return;
    this.happen({ type: 'captured', amount });
    this.record(new PaymentCaptured({ ...this.ref, amount: this.money(amount) }));
  }

  private givenBack(total: number): void {
    const amount = total - this.refunded;
    if (amount <= 0 || !this.is('captured', 'partially_refunded')) return;
    this.happen({ type: 'refunded', total });
    const { ref, remaining } = this;
    this.record(
      new PaymentRefunded({
        ...ref,
        amount: this.money(amount),
        refunded: this.money(total),
        remaining: this.money(remaining),
      }),
    );
  }

  private voided(): void {
    if (!this.voidable) return;
    this.happen({ type: 'voided' });
    this.record(new PaymentVoided(this.ref));
  }

  /** Each wish is sent once; its command repeats itself until the provider has answered. */
  private giveBack(): void {
    const { id, remaining } = this;
    if (this.is('captured', 'partially_refunded')) {
      if (this.refundDue || remaining === 0) return;
      const reference = `${id}:refund-${this.refunds + 1}`;
      this.happen({ type: 'refund_requested', reference, amount: remaining });
      this.send(new RequestRefund({ paymentId: id, refund: reference, attempt: 0 }));
    } else if (!this.voidRequested) {
      this.happen({ type: 'void_requested' });
      this.send(new RequestVoid({ paymentId: id, attempt: 0 }));
    }
  }

  /** Σ refunds ≤ captured ≤ authorized, all in one currency, and nothing taken after a void: else a human must look. */
  private compare({ amount, captured, refunded }: ProviderPayment): void {
    const agreed = this.terms!.amount;
    const currencies = [amount, captured, refunded].every((money) => !money || money.currency === agreed.currency);
    const [taken, back] = [captured?.amount ?? 0, refunded?.amount ?? 0];
    const sums = back <= taken && taken <= (this.is('voided') ? 0 : agreed.amount);
    if (currencies && sums && (!amount || amount.amount === agreed.amount)) return;
    throw new Error(
      `payment ${this.id}, ${this.status}, is about ${JSON.stringify(agreed)}; its provider has ${JSON.stringify({ amount, captured, refunded })}`,
    );
  }

  private happen(fact: PaymentFact): void {
    this.apply(fact);
    this.newFacts.push(fact);
  }

  private apply(fact: PaymentFact): void {
    this.version++;
    switch (fact.type) {
      case 'requested':
        this.terms = fact;
        break;
      case 'known_to_provider':
        this.providerReference = fact.reference;
        break;
      case 'action_required':
        this.status = 'requires_action';
        break;
      case 'capture_requested':
        this.captureRequested = true;
        break;
      case 'cancelled':
        this.cancelled = this.unwanted = true;
        break;
      case 'void_requested':
        this.voidRequested = true;
        break;
      case 'refund_requested':
        this.refunds++;
        this.refund = fact;
        break;
      case 'authorized':
      case 'voided':
        this.status = fact.type;
        break;
      case 'declined':
      case 'failed':
      case 'expired':
        this.status = fact.type;
        this.unwanted = true;
        break;
      case 'captured':
        this.status = 'captured';
        this.captured = fact.amount;
        break;
      case 'refunded':
        this.refunded = fact.total;
        this.status = this.remaining === 0 ? 'refunded' : 'partially_refunded';
    }
  }

  private is(...statuses: PaymentStatus[]): boolean {
    return statuses.includes(this.status);
  }

  private get voidable(): boolean {
    return this.is('created', 'requires_action', 'expired', 'authorized');
  }

  private get remaining(): number {
    return this.captured - this.refunded;
  }

  private get ref(): { paymentId: string; orderId: string } {
    return { paymentId: this.id, orderId: this.terms!.orderId };
  }

  private money(amount: number): Money {
    return { amount, currency: this.terms!.amount.currency };
  }
}
