import { Instant, Money, owner, query, text, Uuid } from '#kernel/messages';
import * as z from 'zod';
import { paymentNotFound } from './payment.js';

export const PaymentStatus = z.enum([
  'created',
  'requires_action',
  'authorized',
  'captured',
  'partially_refunded',
  'refunded',
  'declined',
  'failed',
  'voided',
  'expired',
]);

/** The payment of an order, with all that happened to it. */
export class GetOrderPayment extends query('payments.get-order-payment.v1', {
  access: owner('orders.read'),
  input: z.object({ orderId: Uuid }),
  output: z.object({
    id: Uuid,
    status: PaymentStatus,
    amount: Money,
    /** All that ever was, whatever became of it; the same of `captured`. */
    authorized: Money,
    captured: Money,
    refunded: Money,
    /** `type` as payments' own history calls it: requested, authorized, captured, refund_requested, refund_refused, refunded … */
    history: z.array(z.object({ at: Instant, type: text(), amount: Money.optional(), reason: text().optional() })),
  }),
  errors: { 'payments.payment_not_found': paymentNotFound },
  example: {
    input: { orderId: '0199f3a2-9a07-7d15-8e62-31c4f9a0d7b8' },
    output: {
      id: '0199f3a2-9b41-7c52-a1d3-5e8f70b6c214',
      status: 'captured',
      amount: { amount: 24_900, currency: 'EUR' },
      authorized: { amount: 24_900, currency: 'EUR' },
      captured: { amount: 24_900, currency: 'EUR' },
      refunded: { amount: 0, currency: 'EUR' },
      history: [
        { at: '2026-05-04T09:30:00.120Z', type: 'requested', amount: { amount: 24_900, currency: 'EUR' } },
        { at: '2026-05-04T09:30:00.120Z', type: 'known_to_provider' },
        { at: '2026-05-04T09:30:00.161Z', type: 'authorized' },
        { at: '2026-05-04T09:30:00.190Z', type: 'capture_requested' },
        { at: '2026-05-04T09:30:00.190Z', type: 'captured', amount: { amount: 24_900, currency: 'EUR' } },
      ],
    },
  },
}) {}
