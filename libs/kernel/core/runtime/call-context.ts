import { AsyncLocalStorage } from 'node:async_hooks';
import type { FlowHeaders } from '#kernel/messages';
import type { Transaction } from '../database/transaction.js';

/**
 * On whose behalf something happens. `owners` are the references that resources are owned by: `user:<id>`, or
 * `guest:<sha256 of the guest's token>`; the token itself never travels.
 */
export interface Principal {
  readonly kind: 'anonymous' | 'user' | 'service';
  readonly id: string;
  readonly permissions: readonly string[];
  readonly owners: readonly string[];
}

export const anonymous: Principal = { kind: 'anonymous', id: 'anonymous', permissions: [], owners: [] };
export const service = (context: string): Principal => ({
  kind: 'service',
  id: `service:${context}`,
  permissions: [],
  owners: [],
});

/** Written with the transaction that a handler opens: the record of its call, or the end of the lease on its message. */
export interface UnitOfWork {
  closing(transaction: Transaction, result: unknown): Promise<void>;
}

/** A place in a flow: all that follows from one request. */
export interface Flow {
  /** The id of the request that the flow began with. */
  readonly correlationId: string;
  /** The message that is being handled; undefined where the request itself is. */
  readonly causationId?: string | undefined;
  /** Headers that interceptors have added; every call and message carries them on. */
  readonly headers?: FlowHeaders | undefined;
}

/** The call context: what a handler runs in, and what its calls and messages carry on. */
export interface CallContext extends Flow {
  readonly principal: Principal;
  /** Epoch milliseconds after which nobody waits for the answer. */
  readonly deadline?: number;
  /** Set at the edge from `Idempotency-Key`, or by the bus where a repeat can happen. */
  readonly callId?: string;
  /** The bounded context whose handler is running; absent at an edge. */
  readonly context?: string;
  readonly reading?: boolean;
  readonly transaction?: Transaction;
  readonly unitOfWork?: UnitOfWork;
  /** Set by `owns()`: the handler of an `owner` contract must call it. */
  readonly ownership?: { asked: boolean };
}

const storage = new AsyncLocalStorage<CallContext>();

/** The call context of the current code; undefined outside any call, message or transaction. */
export const callContext = (): CallContext | undefined => storage.getStore();
export const runIn = <Result>(context: CallContext, work: () => Result): Result => storage.run(context, work);

/** The place of the current code in its flow. Keep it with whatever continues later from outside, as by a webhook or a poll. */
export function currentFlow(): Flow {
  const current = storage.getStore();
  if (!current) throw new Error('no call, message or transaction is under way: there is no flow');
  const { correlationId, causationId, headers } = current;
  return { correlationId, ...(causationId === undefined ? {} : { causationId }), ...(headers ? { headers } : {}) };
}

/** Continues a flow: what `work` sends and publishes follows from the message that was handled when the flow was kept. */
export const continueFlow = <Result>({ correlationId, causationId, headers }: Flow, work: () => Result): Result =>
  storage.run({ ...(storage.getStore() ?? { principal: anonymous }), correlationId, causationId, headers }, work);

/** On whose behalf the current code runs. */
export const principal = (): Principal => storage.getStore()?.principal ?? anonymous;

/** Whether the principal is the owner `reference`, or may act as the owner through the permission `or`. */
export function owns(reference: string | null | undefined, or?: string): boolean {
  const current = storage.getStore();
  if (current?.ownership) current.ownership.asked = true;
  const { owners, permissions, kind } = current?.principal ?? anonymous;
  if (kind === 'service') return true;
  return (reference != null && owners.includes(reference)) || (or !== undefined && permissions.includes(or));
}
