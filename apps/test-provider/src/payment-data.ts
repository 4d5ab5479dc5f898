export type Status =
  | 'processing'
  | 'requires_action'
  | 'authorized'
  | 'declined'
  | 'captured'
  | 'partially_refunded'
  | 'refunded'
  | 'voided';

/** Amounts are integers in the currency's minor unit; times are ms since the epoch. */
export interface Payment {
  id: string;
  reference: string;
  status: Status;
  token: string;
  currency: string;
  amount: number;
  captured: number;
  refunded: number;
  declineReason: string | null;
  expiresAt: number;
  createdAt: number;
  webhookUrl: string;
  returnUrl: string | null;
  /** When a payment in `processing` gets its outcome. */
  outcomeAt: number | null;
  /** Until then neither answers nor webhooks tell of this payment. */
  silentUntil: number | null;
}
