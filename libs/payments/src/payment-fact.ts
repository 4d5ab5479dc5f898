import type { Money } from '#kernel/messages';

/** What happened to a payment, as its stream keeps it for ever: extend it, but never change what is there. */
export type PaymentFact = Readonly<
  | { type: 'requested'; orderId: string; amount: Money; provider: string; until: string }
  | { type: 'known_to_provider'; reference: string }
  | { type: 'action_required'; url: string }
  | { type: 'authorized' }
  | { type: 'declined'; reason: string }
  | { type: 'failed'; reason: string }
  | { type: 'expired' }
  | { type: 'capture_requested' }
  | { type: 'captured'; amount: number }
  | { type: 'cancelled' }
  | { type: 'void_requested' }
  | { type: 'voided' }
  | { type: 'refund_requested'; reference: string; amount: number }
  | { type: 'refunded'; total: number }
>;

export type PaymentStatus =
  | 'created'
  | 'requires_action'
  | 'authorized'
  | 'captured'
  | 'partially_refunded'
  | 'refunded'
  | 'declined'
  | 'failed'
  | 'voided'
  | 'expired';
