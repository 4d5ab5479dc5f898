import { Aggregate } from '#kernel/core';
import type { Money } from '#kernel/messages';
import {
  type AuthorizePayment,
  PaymentActionRequired,
  PaymentAuthorized,
  PaymentCaptured,
  PaymentDeclined,
  PaymentRefunded,
  PaymentVoided,
  RefundPayment,
} from './contracts/index.js';
import type { PaymentFact, PaymentStatus } from './payment-fact.js';
import type { ProviderPayment } from './payment-provider.js';
import { after, blank, type PaymentState, type Refund } from './payment-state.js';
import { RequestCapture, RequestRefund, RequestVoid } from './provider-requests.js';

/** More than a provider tells of one payment. */
const WEBHOOKS_REMEMBERED = 20;

/**
 * One payment. The provider's view of it may come by an answer or a webhook, once, twice, late or in any order: `learn`
 * takes what is new and lets the rest be.
 */
export class Payment extends Aggregate {
  /** The version that it was read as. */
  readonly readVersion: number;
  private newFacts: PaymentFact[] = [];

  constructor(
    readonly id: string,
    public state: PaymentState = blank,
  ) {
    super();
    this.readVersion = state.version;
  }

  static from(id: string, facts: readonly PaymentFact[]): Payment {
    return new Payment(id, facts.reduce(after, blank));
  }

  releaseFacts(): readonly PaymentFact[] {
    return this.newFacts.splice(0);
  }

  /** Something has happened to it that is not saved yet. */
  get changed(): boolean {
    return this.newFacts.length > 0;
  }

  /** Nothing has come of the authorization yet, and it is still wanted. */
  get awaitsAuthorization(): boolean {
    return this.state.terms !== undefined && !this.state.unwanted && this.is('created', 'requires_action');
  }

  /** The provider knows of it, and has not told yet what becomes of it. */
  get lookDue(): boolean {
    return this.awaitsAuthorization && this.state.providerReference !== undefined;
  }

  get captureDue(): boolean {
    return this.state.captureRequested && !this.state.unwanted && this.is('authorized');
  }

  get voidDue(): boolean {
    return this.state.terms !== undefined && this.state.voidRequested && this.voidable;
  }

  /** The refund of that reference, while it is under way. */
  refundDue(reference: string): Refund | undefined {
    return this.state.refunds.find((refund) => refund.reference === reference);
  }

  /** What may still be given back: taken, not given back, and not on its way back. */
  get refundable(): number {
    return Math.max(0, this.remaining - this.state.refunds.reduce((sum, { amount }) => sum + amount, 0));
  }

  /** Begins. The provider is asked at once, so its answer follows; its webhooks may have been faster. */
  authorize({ orderId, amount, provider, until, owner }: AuthorizePayment, now: string): void {
    const { terms, cancelled, heardEarly } = this.state;
    if (terms) return;
    this.happen({ type: 'requested', orderId, amount, provider, until, ...(owner === undefined ? {} : { owner }) });
    if (cancelled) this.giveBack();
    this.expire(now);
    for (const seen of heardEarly) this.learn(seen, now);
  }

  /** The provider won't hear of it, and nothing was taken. */
  fail(reason: string): void {
    if (!this.awaitsAuthorization) return;
    this.happen({ type: 'failed', reason });
    this.record(new PaymentDeclined({ ...this.ref, reason }));
  }

  /** Gives up waiting once the time is over: the order does too, so money that turns up from then on is sent back. */
  expire(now: string): void {
    if (this.awaitsAuthorization && Date.parse(now) >= Date.parse(this.terms.until)) this.happen({ type: 'expired' });
  }

  /** `asked`: the provider has been already, and its answer follows. */
  capture(asked = false): void {
    const { captureRequested, unwanted } = this.state;
    if (captureRequested || unwanted || !this.is('created', 'requires_action', 'authorized')) return;
    this.happen({ type: 'capture_requested' });
    if (this.captureDue && !asked) this.send(new RequestCapture({ paymentId: this.id, attempt: 0 }));
  }

  /**
   * From now on nothing is kept: what is held is voided, what was taken goes back, whenever it turns up. `asked`: the
   * provider has been asked for the void already, and its answer follows.
   */
  cancel(asked = false): void {
    if (this.state.cancelled || this.is('declined', 'failed', 'voided', 'refunded')) return;
    this.happen({ type: 'cancelled' });
    if (this.state.terms) this.giveBack(asked);
  }

  /** Gives some back by somebody's wish. @throws payments.currency_mismatch, payments.refund_exceeds_captured */
  refund(reference: string, { amount, currency }: Money, reason?: string): void {
    const { terms, refundable } = this;
    if (currency !== terms.amount.currency)
      throw RefundPayment.failure('payments.currency_mismatch', { currency: terms.amount.currency });
    if (amount > refundable)
      throw RefundPayment.failure('payments.refund_exceeds_captured', { remaining: this.money(refundable) });
    this.requestRefund({ reference, amount, byHand: true }, reason);
  }

  /**
   * The provider refuses a refund: its amount is free again. One that we must make stays due (a human must look) unless
   * it asked for more than is left since the provider gave some back by itself.
   */
  refundRefused(reference: string, reason: string): void {
    const refund = this.refundDue(reference);
    if (!refund || (!refund.byHand && refund.amount <= this.remaining)) return;
    this.happen({ type: 'refund_refused', reference, amount: refund.amount, reason });
    if (this.state.unwanted) this.giveBack();
  }

  /** Takes in a webhook's news, once. */
  hear(webhook: { readonly id: string; readonly payment: ProviderPayment }, now: string): void {
    const { webhooks } = this.state;
    if (webhooks.includes(webhook.id)) return;
    this.learn(webhook.payment, now);
    if (this.changed) this.state = { ...this.state, webhooks: [...webhooks, webhook.id].slice(-WEBHOOKS_REMEMBERED) };
  }

  /** Takes in how the provider sees it, `now`. @throws Error where their books can't be squared with ours */
  learn(seen: ProviderPayment, now: string): void {
    if (!this.state.terms) return this.happen({ type: 'heard_early', seen });
    this.compare(seen);
    this.expire(now);
    if (seen.id && !this.state.providerReference) this.happen({ type: 'known_to_provider', reference: seen.id });
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
        if (seen.refundDone) this.refundDone(seen.refundDone);
        this.givenBack(seen.refunded?.amount ?? 0);
    }
    if (this.state.unwanted && this.is('authorized', 'captured', 'partially_refunded')) this.giveBack();
  }

  private actionRequired(url: string | undefined): void {
    if (!url || this.state.unwanted || !this.is('created')) return;
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
    if (!this.state.unwanted) this.record(new PaymentAuthorized({ ...this.ref, amount: this.terms.amount }));
    if (this.captureDue) this.send(new RequestCapture({ paymentId: this.id, attempt: 0 }));
  }

  private taken(amount: number): void {
    if (!this.is('authorized')) return;
    this.happen({ type: 'captured', amount });
    this.record(new PaymentCaptured({ ...this.ref, amount: this.money(amount) }));
  }

  private refundDone(reference: string): void {
    const refund = this.refundDue(reference);
    if (refund) this.happen({ type: 'refund_done', reference, amount: refund.amount });
  }

  private givenBack(total: number): void {
    const amount = total - this.state.refunded;
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
  private giveBack(voidAsked = false): void {
    const { id, refundable, state } = this;
    if (this.is('captured', 'partially_refunded')) {
      const reference = `${id}:refund-${state.refundsBegun + 1}`;
      if (refundable > 0) this.requestRefund({ reference, amount: refundable });
    } else if (!state.voidRequested) {
      this.happen({ type: 'void_requested' });
      if (!voidAsked) this.send(new RequestVoid({ paymentId: id, attempt: 0 }));
    }
  }

  private requestRefund(refund: Refund, reason?: string): void {
    this.happen({ type: 'refund_requested', ...refund, ...(reason === undefined ? {} : { reason }) });
    this.send(new RequestRefund({ paymentId: this.id, refund: refund.reference, attempt: 0 }));
  }

  /** Σ refunds ≤ captured ≤ authorized, all in one currency, and nothing taken after a void: else a human must look. */
  private compare({ amount, captured, refunded }: ProviderPayment): void {
    const agreed = this.terms.amount;
    const currencies = [amount, captured, refunded].every((money) => !money || money.currency === agreed.currency);
    const [taken, back] = [captured?.amount ?? 0, refunded?.amount ?? 0];
    const sums = back <= taken && taken <= (this.is('voided') ? 0 : agreed.amount);
    if (currencies && sums && (!amount || amount.amount === agreed.amount)) return;
    throw new Error(
      `payment ${this.id}, ${this.state.status}, is about ${JSON.stringify(agreed)}; its provider has ${JSON.stringify({ amount, captured, refunded })}`,
    );
  }

  private happen(fact: PaymentFact): void {
    this.state = after(this.state, fact);
    this.newFacts.push(fact);
  }

  private is(...statuses: PaymentStatus[]): boolean {
    return statuses.includes(this.state.status);
  }

  private get voidable(): boolean {
    return this.is('created', 'requires_action', 'expired', 'authorized');
  }

  private get remaining(): number {
    return this.state.captured - this.state.refunded;
  }

  private get terms(): NonNullable<PaymentState['terms']> {
    return this.state.terms!;
  }

  private get ref(): { paymentId: string; orderId: string } {
    return { paymentId: this.id, orderId: this.terms.orderId };
  }

  private money(amount: number): Money {
    return { amount, currency: this.terms.amount.currency };
  }
}
