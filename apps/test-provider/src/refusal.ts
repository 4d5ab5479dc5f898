import type { Payment } from './payment-data.js';

/** Every way the API says no: the code that callers branch on, and its HTTP status. */
export const refusals = {
  unauthorized: 401,
  not_found: 404,
  invalid_state: 409,
  duplicate_reference: 409,
  refund_exceeds_captured: 409,
  refund_refused: 409,
  invalid_request: 422,
  idempotency_key_required: 422,
  idempotency_key_reused: 422,
  capture_exceeds_authorized: 422,
  currency_mismatch: 422,
} as const;

export class Refusal extends Error {
  readonly status: number;

  constructor(
    readonly code: keyof typeof refusals,
    message: string,
    /** The payment it is about, given back so that the caller need not ask again. */
    readonly payment?: Payment,
  ) {
    super(message);
    this.status = refusals[code];
  }
}
