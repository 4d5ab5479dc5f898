import type { FlowHeaders } from '../messages/message-envelope.js';
import type { Principal } from '../runtime/call-context.js';

/** What travels with a request. Instants are epoch milliseconds. */
export interface RequestMetadata {
  readonly correlationId: string;
  readonly causationId?: string;
  readonly principal: Principal;
  /** The context whose handler asks; absent when an edge does. */
  readonly caller?: string;
  readonly deadline: number;
  readonly callId?: string;
  /** What interceptors have added to the flow. */
  readonly headers?: FlowHeaders;
}

/** A request as it crosses a boundary: JSON values alone. */
export interface CallRequest {
  readonly name: string;
  readonly input: object;
  readonly metadata: RequestMetadata;
}

/**
 * Carries a request to the message's owner and its answer back: in this process, or over a broker. The one port that a
 * transport for calls implements. Rejects with a Failure: the owner's refusal as it was, `kernel.unavailable` where
 * nothing has happened, or `NoReply` where nobody knows.
 */
export interface Link {
  /** True where a request to this context may arrive twice: then the bus gives every command a call id. */
  repeats(owner: string): boolean;
  call(request: CallRequest): Promise<unknown>;
}

/** The request went out and no answer came back. The bus asks again if it may. */
export class NoReply extends Error {}
