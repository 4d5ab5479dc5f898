/** What a token makes of a payment. The decision is the token's alone, so it is the same after a restart. */
export type Outcome =
  | { status: 'authorized' }
  | { status: 'declined'; declineReason: string }
  | { status: 'requires_action' };

interface Behaviour {
  outcome: Outcome;
  /** Acts, but says nothing (no answer, no webhook) until the payment has expired. */
  silent?: true;
  /** The outcome itself comes only when the payment has expired. */
  late?: true;
  /** Every webhook is delivered twice, at once. */
  doubled?: true;
  /** No refund is made. */
  keepsMoney?: true;
}

const authorized: Outcome = { status: 'authorized' };
const declined = (declineReason: string): Outcome => ({ status: 'declined', declineReason });

const behaviours = new Map<string, Behaviour>([
  ['tok_ok', { outcome: authorized }],
  ['tok_declined', { outcome: declined('card_declined') }],
  ['tok_insufficient_funds', { outcome: declined('insufficient_funds') }],
  ['tok_requires_action', { outcome: { status: 'requires_action' } }],
  ['tok_timeout', { outcome: authorized, silent: true }],
  ['tok_late_webhook', { outcome: authorized, late: true }],
  ['tok_double_webhook', { outcome: authorized, doubled: true }],
  ['tok_refund_refused', { outcome: authorized, keepsMoney: true }],
]);

const invalid: Behaviour = { outcome: declined('invalid_token') };
const afterExpiry = 1_000;
const soon = () => 20 + Math.floor(Math.random() * 31);

export interface Plan {
  outcomeAt: number;
  silentUntil: number | null;
}

/** When the outcome comes, and until when nobody hears of it; all times in ms since the epoch. */
export function planFor(token: string, createdAt: number, expiresAt: number): Plan {
  const { silent, late } = behaviours.get(token) ?? invalid;
  const tooLate = expiresAt <= createdAt;
  return {
    outcomeAt: late && !tooLate ? expiresAt + afterExpiry : createdAt + soon(),
    silentUntil: silent && !tooLate ? expiresAt + afterExpiry : null,
  };
}

/** A payment that was over before it came is declined, whatever its token. */
export function outcomeFor(payment: { token: string; createdAt: number; expiresAt: number }): Outcome {
  if (payment.expiresAt <= payment.createdAt) return declined('expired');
  return (behaviours.get(payment.token) ?? invalid).outcome;
}

export function copiesOfWebhooks(token: string): number {
  return behaviours.get(token)?.doubled ? 2 : 1;
}

export function refusesRefunds(token: string): boolean {
  return behaviours.get(token)?.keepsMoney ?? false;
}
