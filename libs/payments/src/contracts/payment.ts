import { command, event, Instant, internal, Money, personal, text, Uuid } from '#kernel/messages';
import * as z from 'zod';

const PaymentRef = { paymentId: Uuid, orderId: Uuid };

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
  }),
}) {}

/** Takes the authorized money. Answered by PaymentCaptured. */
export class CapturePayment extends command('payments.capture-payment.v1', {
  access: internal,
  key: 'paymentId',
  input: z.object({ paymentId: Uuid }),
}) {}

/**
 * The money shall stay with, or go back to, the buyer: voided or refunded, now or whenever it turns up. Answered by
 * PaymentVoided or PaymentRefunded, where it is not PaymentDeclined already.
 */
export class CancelPayment extends command('payments.cancel-payment.v1', {
  access: internal,
  key: 'paymentId',
  input: z.object({ paymentId: Uuid }),
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
