import { command, internal, personal, text, Uuid } from '#kernel/messages';
import * as z from 'zod';

// What payments tells itself to ask of a provider. `attempt` counts from 0: a silent provider is asked again, later each time.

/** The token travels here and is in no event: a history can't forget. */
export class RequestAuthorization extends command('payments.request-authorization.v1', {
  access: internal,
  key: 'paymentId',
  input: z.object({ paymentId: Uuid, token: personal(text().max(255)), attempt: z.int() }),
}) {}

/** How does the provider see it now? */
export class LookAfterPayment extends command('payments.look-after-payment.v1', {
  access: internal,
  key: 'paymentId',
  input: z.object({ paymentId: Uuid }),
}) {}

export class RequestCapture extends command('payments.request-capture.v1', {
  access: internal,
  key: 'paymentId',
  input: z.object({ paymentId: Uuid, attempt: z.int() }),
}) {}

export class RequestVoid extends command('payments.request-void.v1', {
  access: internal,
  key: 'paymentId',
  input: z.object({ paymentId: Uuid, attempt: z.int() }),
}) {}

/** `refund` is the refund's own reference, which the payment's history says the amount of. */
export class RequestRefund extends command('payments.request-refund.v1', {
  access: internal,
  key: 'paymentId',
  input: z.object({ paymentId: Uuid, refund: text(), attempt: z.int() }),
}) {}
