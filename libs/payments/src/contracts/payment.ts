import { command, Currency, event, Instant, internal, Money, permission, personal, text, Uuid } from '#kernel/messages';
import * as z from 'zod';

const PaymentRef = { paymentId: Uuid, orderId: Uuid };
const paymentId = '0199f3a2-9b41-7c52-a1d3-5e8f70b6c214';
const orderId = '0199f3a2-9a07-7d15-8e62-31c4f9a0d7b8';

export const paymentNotFound = {
  status: 404,
  message: 'There is no such payment, or it is somebody else’s.',
} as const;

/** Asks the provider for the money. Answered by PaymentAuthorized, PaymentActionRequired or PaymentDeclined; a silent provider is asked until `until`. */
export class AuthorizePayment extends command('payments.authorize-payment.v1', {
  access: internal,
  key: 'paymentId',
  input: z.object({
    ...PaymentRef,
    amount: Money,
    provider: text().max(50),
    token: personal(text().max(255)),
    until: Instant,
    /** Whose order it is, and so who may see the payment. */
    owner: text().max(255).optional(),
  }),
  example: {
    input: {
      paymentId,
      orderId,
      amount: { amount: 24_900, currency: 'EUR' },
      provider: 'test',
      token: 'tok_ok',
      until: '2026-05-04T09:45:00.000Z',
      owner: 'user:0199f3a2-7c1e-7abc-8def-0123456789ab',
    },
  },
}) {}

/** Takes the authorized money. Answered by PaymentCaptured. */
export class CapturePayment extends command('payments.capture-payment.v1', {
  access: internal,
  key: 'paymentId',
  input: z.object({ paymentId: Uuid }),
  example: { input: { paymentId } },
}) {}

/**
 * The money shall stay with, or go back to, the buyer: voided or refunded, now or whenever it turns up. Answered by
 * PaymentVoided or PaymentRefunded, where it is not PaymentDeclined already.
 */
export class CancelPayment extends command('payments.cancel-payment.v1', {
  access: internal,
  key: 'paymentId',
  input: z.object({ paymentId: Uuid }),
  example: { input: { paymentId } },
}) {}

/**
 * Gives some of what was captured back to the buyer. Never more than that, however many refunds are asked for at once: those
 * under way count. PaymentRefunded tells when the money has gone back; a refund that the provider refuses stands in the payment's history.
 */
export class RefundPayment extends command('payments.refund-payment.v1', {
  access: permission('payments.write'),
  key: 'paymentId',
  input: z.object({
    paymentId: Uuid,
    amount: z.object({ amount: z.int().min(1), currency: Currency }),
    reason: text().min(1).max(500).optional(),
  }),
  /** `remaining` may still be refunded. */
  output: z.object({ refundId: Uuid, paymentId: Uuid, amount: Money, remaining: Money }),
  errors: {
    'payments.payment_not_found': paymentNotFound,
    'payments.refund_exceeds_captured': {
      status: 409,
      message: 'That is more than what was captured and is not given back, or on its way back, already.',
      details: z.object({ remaining: z.object({ amount: z.int(), currency: Currency }) }),
    },
    'payments.currency_mismatch': {
      status: 409,
      message: 'The payment is in another currency.',
      details: z.object({ currency: Currency }),
    },
  },
  example: {
    input: { paymentId, amount: { amount: 4_900, currency: 'EUR' }, reason: 'The tent came without its pegs.' },
    output: {
      refundId: '0199f3b8-1c20-7f3a-9d44-c0a1b2e3f405',
      paymentId,
      amount: { amount: 4_900, currency: 'EUR' },
      remaining: { amount: 20_000, currency: 'EUR' },
    },
  },
}) {}

export class PaymentActionRequired extends event('payments.payment-action-required.v1', {
  key: 'paymentId',
  data: z.object({ ...PaymentRef, url: text() }),
}) {}
export class PaymentAuthorized extends event('payments.payment-authorized.v1', {
  key: 'paymentId',
  data: z.object({ ...PaymentRef, amount: Money }),
}) {}
export class PaymentDeclined extends event('payments.payment-declined.v1', {
  key: 'paymentId',
  data: z.object({ ...PaymentRef, reason: text() }),
}) {}
export class PaymentCaptured extends event('payments.payment-captured.v1', {
  key: 'paymentId',
  data: z.object({ ...PaymentRef, amount: Money }),
}) {}
/** Nothing was taken and nothing will be. */
export class PaymentVoided extends event('payments.payment-voided.v1', {
  key: 'paymentId',
  data: z.object(PaymentRef),
}) {}
/** `amount` went back; `refunded` is the sum of all that has. */
export class PaymentRefunded extends event('payments.payment-refunded.v1', {
  key: 'paymentId',
  data: z.object({ ...PaymentRef, amount: Money, refunded: Money, remaining: Money }),
}) {}
