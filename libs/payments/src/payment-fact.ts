import type { Money } from '#kernel/messages';
import type { ProviderPayment } from './payment-provider.js';

/** What happened to a payment, as its stream keeps it for ever: extend it, but never change what is there. */
export type PaymentFact = Readonly<
  | { type: 'requested'; orderId: string; amount: Money; provider: string; until: string; owner?: string | undefined }
  /** A webhook told of it before our own books did. */
  | { type: 'heard_early'; seen: ProviderPayment }
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
  /** `byHand`: somebody wished it; else we must, since the money is not ours to keep. */
  | { type: 'refund_requested'; reference: string; amount: number; byHand?: true; reason?: string | undefined }
  | { type: 'refund_done'; reference: string; amount: number }
  | { type: 'refund_refused'; reference: string; amount: number; reason: string }
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
