import type { Payment } from './payment-data.js';
import { Refusal } from './refusal.js';
import { type Outcome, refusesRefunds } from './tokens.js';

export interface Refund {
  id: string;
  reference: string;
  paymentId: string;
  amount: number;
  createdAt: number;
}

export interface Money {
  amount: number;
  currency: string;
}

/** The outcome of a payment in `processing`. */
export function settle(payment: Payment, outcome: Outcome): Payment {
  return { ...payment, declineReason: null, ...outcome, outcomeAt: null };
}

/** The customer's word on the page. On a payment that has its outcome already it changes nothing. */
export function act(payment: Payment, outcome: 'approve' | 'decline', now: number): Payment {
  if (payment.status === 'processing' || payment.status === 'voided' || hasExpired(payment, now))
    throw new Refusal('invalid_state', whyNoAction(payment), payment);
  if (payment.status !== 'requires_action') return payment;
  return settle(
    payment,
    outcome === 'approve' ? { status: 'authorized' } : { status: 'declined', declineReason: 'declined_by_customer' },
  );
}

/** An expired payment takes no action any more; what was authorized in time stays authorized. */
export function hasExpired(payment: Payment, now: number): boolean {
  return payment.status === 'requires_action' && payment.expiresAt <= now;
}

function whyNoAction({ status }: Payment): string {
  if (status === 'voided') return 'This payment has been voided.';
  if (status === 'processing') return 'This payment is still being processed.';
  return 'This payment has expired.';
}

/** Takes all of the authorized amount, or a part of it once; the rest is let go. */
export function capture(payment: Payment, money: Money | undefined): Payment {
  if (payment.status !== 'authorized') throw forbidden(payment, 'captured');
  const amount = money ? sameCurrency(payment, money) : payment.amount;
  if (amount > payment.amount)
    throw new Refusal('capture_exceeds_authorized', `At most ${payment.amount} is authorized, not ${amount}.`, payment);
  return { ...payment, status: 'captured', captured: amount };
}

/** Never more than was captured, over all refunds. */
export function refund(payment: Payment, money: Money): Payment {
  if (payment.status !== 'captured' && payment.status !== 'partially_refunded') throw forbidden(payment, 'refunded');
  const refunded = payment.refunded + sameCurrency(payment, money);
  if (refunded > payment.captured) {
    const left = payment.captured - payment.refunded;
    throw new Refusal('refund_exceeds_captured', `At most ${left} is left to refund, not ${money.amount}.`, payment);
  }
  if (refusesRefunds(payment.token)) throw new Refusal('refund_refused', 'This card takes nothing back.', payment);
  return { ...payment, refunded, status: refunded === payment.captured ? 'refunded' : 'partially_refunded' };
}

/** Lets the authorization go, or keeps one from coming. Voiding the voided changes nothing. */
export function voidPayment(payment: Payment): Payment {
  switch (payment.status) {
    case 'voided':
      return payment;
    case 'processing':
    case 'requires_action':
    case 'authorized':
      return { ...payment, status: 'voided', outcomeAt: null };
    case 'declined':
    case 'captured':
    case 'partially_refunded':
    case 'refunded':
      throw forbidden(payment, 'voided');
  }
}

function forbidden(payment: Payment, verb: string): Refusal {
  return new Refusal('invalid_state', `A payment that is ${payment.status} cannot be ${verb}.`, payment);
}

function sameCurrency(payment: Payment, money: Money): number {
  if (money.currency === payment.currency) return money.amount;
  throw new Refusal('currency_mismatch', `The payment is in ${payment.currency}, not ${money.currency}.`, payment);
}
