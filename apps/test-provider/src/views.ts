import type { Refund } from './payment.js';
import type { Payment } from './payment-data.js';

/** A payment as the API and the webhooks show it. */
export function paymentView(payment: Payment, url: string) {
  const { id, reference, status, currency, declineReason } = payment;
  const money = (amount: number) => ({ amount, currency });
  return {
    id,
    reference,
    status,
    amount: money(payment.amount),
    captured: money(payment.captured),
    refunded: money(payment.refunded),
    ...(declineReason !== null && { declineReason }),
    ...(status === 'requires_action' && { nextAction: { url: `${url}/pay/${id}` } }),
    expiresAt: instant(payment.expiresAt),
    createdAt: instant(payment.createdAt),
  };
}

export function refundView({ id, reference, amount, createdAt }: Refund, { currency }: Payment) {
  return { id, reference, amount: { amount, currency }, createdAt: instant(createdAt) };
}

export function instant(ms: number): string {
  return new Date(ms).toISOString();
}
