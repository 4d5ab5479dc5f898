import type { Money } from '#kernel/messages';

/** A payment as its provider sees it. What was voided before the provider ever heard of it is known by reference and status alone. */
export interface ProviderPayment {
  /** Ours: the payment's id. */
  readonly reference: string;
  readonly id?: string | undefined;
  readonly status:
    | 'processing'
    | 'requires_action'
    | 'authorized'
    | 'declined'
    | 'captured'
    | 'partially_refunded'
    | 'refunded'
    | 'voided';
  readonly amount?: Money | undefined;
  readonly captured?: Money | undefined;
  readonly refunded?: Money | undefined;
  readonly declineReason?: string | undefined;
  readonly nextAction?: { readonly url: string } | undefined;
  /** Ours: the refund that this is the answer to, or the news of. It is done. */
  readonly refundDone?: string | undefined;
}

/** What comes of asking. Silence (a time-out, an unreachable or broken provider) leaves open whether it was done. */
export type ProviderAnswer =
  | { readonly kind: 'payment'; readonly payment: ProviderPayment }
  | { readonly kind: 'refusal'; readonly code: string; readonly payment?: ProviderPayment | undefined }
  | { readonly kind: 'silence'; readonly reason: string };

export interface Authorization {
  readonly paymentId: string;
  readonly amount: Money;
  readonly token: string;
  readonly until: string;
}

/**
 * The port to a payment provider. Every call may be repeated: it takes effect once per payment (and refund). None throws
 * for what the provider does or fails to do.
 */
export abstract class PaymentProvider {
  abstract authorize(authorization: Authorization): Promise<ProviderAnswer>;
  /** The payment as it is now; a refusal `not_found` where the provider never heard of it. */
  abstract find(paymentId: string): Promise<ProviderAnswer>;
  abstract capture(paymentId: string, providerReference: string, amount: Money): Promise<ProviderAnswer>;
  /** Succeeds where the provider never heard of the payment, and keeps it from ever coming to be. */
  abstract void(paymentId: string): Promise<ProviderAnswer>;
  abstract refund(providerReference: string, refund: string, amount: Money): Promise<ProviderAnswer>;
  /** @throws payments.webhook_signature_invalid, payments.webhook_invalid */
  abstract readWebhook(
    headers: Readonly<Record<string, string>>,
    body: string,
  ): { id: string; payment: ProviderPayment };
}
