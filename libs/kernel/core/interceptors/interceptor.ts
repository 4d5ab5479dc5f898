import type { FlowHeaders, MessageEnvelope, OutgoingMessage } from '#kernel/messages';
import type { CallRequest } from '../bus/link.js';

/** A request at an edge, before anything of its body is read. */
export interface EdgeRequest {
  /** `http`, say. */
  readonly edge: string;
  /** The operation, without values: `GET /api/v1/books/:id`; undefined where no route matches. */
  readonly operation: string | undefined;
  readonly correlationId: string;
  /** As the client sent them: names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The headers that the flow carries from here on. What the client sent gets in there only through an interceptor. */
  readonly flow: FlowHeaders;
}

/** The outcome of a request at an edge. */
export interface EdgeAnswer {
  /** HTTP's status, or the edge's own equivalent. */
  readonly status: number;
}

/** Messages on their way into one receiver's inbox. */
export interface Delivery {
  /** The context that receives them. */
  readonly context: string;
  /** A subscriber's name, or the context's for commands that were sent to it. */
  readonly receiver: string;
  readonly publisher: string;
  /** In order. Some may have been handled before. */
  readonly messages: readonly MessageEnvelope[];
}

/** One attempt of a receiver to handle a message. */
export interface Handling extends Omit<Delivery, 'messages'> {
  readonly message: MessageEnvelope;
}

/** The next interceptor, or the kernel's own step. The subject may be a changed copy. */
export type Next<Subject, Result> = (subject: Subject) => Promise<Result>;

/**
 * Stands around the work of the kernel, as a trace, a tenant or a locale needs it. Each method stands around one kind of work, and
 * none is required. A method calls `next` once, with its subject or a changed copy, and passes on the result and every error.
 *
 * Headers travel by themselves: what `request` puts into `flow`, and what `ask` or `publish` adds to the headers of a call or
 * a message, is in the headers of every call and message that follows from it, in whichever process.
 */
export interface Interceptor {
  /** A request at an edge, until its answer has left. */
  request?(request: EdgeRequest, next: Next<EdgeRequest, EdgeAnswer>): Promise<EdgeAnswer>;
  /** A call, at the side that asks: with all its attempts. */
  ask?(call: CallRequest, next: Next<CallRequest, unknown>): Promise<unknown>;
  /** A call, at the side that answers: each attempt that arrives. */
  answer?(call: CallRequest, next: Next<CallRequest, unknown>): Promise<unknown>;
  /** An event or a sent command that joins a transaction. It leaves when that commits. */
  publish?(message: OutgoingMessage): OutgoingMessage;
  /** Messages that arrive at a receiver. */
  deliver?(delivery: Delivery, next: Next<Delivery, void>): Promise<void>;
  /** A message that a handler handles: each attempt. */
  handle?(handling: Handling, next: Next<Handling, unknown>): Promise<unknown>;
}
