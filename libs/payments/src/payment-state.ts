import type { FlowHeaders, Money } from '#kernel/messages';
import type { PaymentFact, PaymentStatus } from './payment-fact.js';
import type { ProviderPayment } from './payment-provider.js';

export interface Refund {
  readonly reference: string;
  readonly amount: number;
  readonly byHand?: true;
}

/** All that a payment knows, as its row keeps it: what its facts, one after the other, come to. */
export interface PaymentState {
  /** How many facts there are. */
  readonly version: number;
  readonly status: PaymentStatus;
  readonly terms?: {
    readonly orderId: string;
    readonly amount: Money;
    readonly provider: string;
    readonly until: string;
    /** Whose order it is; payments of old do not know. */
    readonly owner?: string | undefined;
  };
  readonly providerReference?: string;
  readonly captured: number;
  readonly refunded: number;
  /** Under way: their amounts are spoken for until the provider has done or refused them. */
  readonly refunds: readonly Refund[];
  readonly refundsBegun: number;
  readonly captureRequested: boolean;
  readonly voidRequested: boolean;
  readonly cancelled: boolean;
  /** Money that turns up is not for us to keep: it was cancelled, or told to be lost. */
  readonly unwanted: boolean;
  readonly heardEarly: readonly ProviderPayment[];
  /** The flow of the last change: webhooks and polls of the provider, which come from outside, continue it. */
  readonly flow?: string | undefined;
  /** The message that asks the provider next, or else the one that made the change; undefined where a request did, and for old payments. */
  readonly cause?: string | undefined;
  readonly headers?: FlowHeaders | undefined;
  /** The last webhooks that brought news, by their ids. */
  readonly webhooks: readonly string[];
}

export const blank: PaymentState = {
  version: 0,
  status: 'created',
  captured: 0,
  refunded: 0,
  refunds: [],
  refundsBegun: 0,
  captureRequested: false,
  voidRequested: false,
  cancelled: false,
  unwanted: false,
  heardEarly: [],
  webhooks: [],
};

/** The state after one more fact. */
export function after(before: PaymentState, fact: PaymentFact): PaymentState {
  const state = { ...before, version: before.version + 1 };
  switch (fact.type) {
    case 'requested': {
      const { type: _, ...terms } = fact;
      return { ...state, terms, heardEarly: [] };
    }
    case 'heard_early':
      return { ...state, heardEarly: [...state.heardEarly, fact.seen] };
    case 'known_to_provider':
      return { ...state, providerReference: fact.reference };
    case 'action_required':
      return { ...state, status: 'requires_action' };
    case 'authorized':
    case 'voided':
      return { ...state, status: fact.type };
    case 'declined':
    case 'failed':
    case 'expired':
      return { ...state, status: fact.type, unwanted: true };
    case 'capture_requested':
      return { ...state, captureRequested: true };
    case 'captured':
      return { ...state, status: 'captured', captured: fact.amount };
    case 'cancelled':
      return { ...state, cancelled: true, unwanted: true };
    case 'void_requested':
      return { ...state, voidRequested: true };
    case 'refund_requested': {
      const { type: _, reason: __, ...refund } = fact;
      return { ...state, refunds: [...state.refunds, refund], refundsBegun: state.refundsBegun + 1 };
    }
    case 'refund_done':
    case 'refund_refused':
      return { ...state, refunds: state.refunds.filter(({ reference }) => reference !== fact.reference) };
    case 'refunded':
      return {
        ...state,
        refunded: fact.total,
        status: fact.total === state.captured ? 'refunded' : 'partially_refunded',
      };
  }
}
