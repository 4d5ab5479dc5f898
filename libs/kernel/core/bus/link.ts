import type { FlowHeaders } from '#kernel/messages';
import type { Principal } from '../runtime/call-context.js';

/** The metadata of a call. Instants are epoch milliseconds. */
export interface RequestMetadata {
  readonly correlationId: string;
  readonly causationId?: string;
  readonly principal: Principal;
  /** The context whose handler asks; absent when an edge does. */
  readonly caller?: string;
  readonly deadline: number;
  readonly callId?: string;
  /** Headers that interceptors have added to the flow. */
  readonly headers?: FlowHeaders;
}

/** A request as it crosses a boundary: JSON values alone. */
export interface CallRequest {
  readonly name: string;
  readonly input: object;
  readonly metadata: RequestMetadata;
}

/**
 * Carries a request to the message's owner and the answer back: in this process, or over a transport. Rejects with a Failure:
 * the owner's refusal as it was, or `kernel.unavailable` where the call had no effect. Rejects with `NoReply` where the outcome is
 * unknown.
 */
export interface Link {
  /** True where a request to this context may arrive twice: the bus then gives every command a call id. */
  repeats(owner: string): boolean;
  call(request: CallRequest): Promise<unknown>;
}

/** The request was sent and no answer came back. The bus retries if that is safe. */
export class NoReply extends Error {}
