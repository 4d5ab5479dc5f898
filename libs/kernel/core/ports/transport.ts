import type { MessageEnvelope } from '#kernel/messages';
import type { CallRequest } from '../bus/link.js';
import type { Settlement } from '../outbox/destination.js';

/**
 * Carries calls between processes. Each request to a context is accepted by one of its processes, whichever is free; the answer
 * goes to the process that asked.
 */
export interface CallTransport {
  /**
   * Asks the context that owns the message. The answer is JSON: values that passed the schema, or the text that the owner's
   * database made (`JsonText`). Rejects with a Failure: the owner's refusal as it was, or `kernel.unavailable` where the request
   * was certainly not begun. Rejects with `NoReply` where the outcome is unknown.
   */
  call(owner: string, request: CallRequest): Promise<unknown>;
  /** Serves requests to a context that runs here. `handle` rejects with Failures alone; an expired request never reaches it. */
  serve(owner: string, handle: (request: CallRequest) => Promise<unknown>): Promise<void>;
  /** Accepts no more requests; resolves when those that were begun are answered. `call` still works. */
  drain(): Promise<void>;
  close(): Promise<void>;
  readonly status: TransportStatus;
  /** How many arrivals were refused, by reason, such as `forged`. */
  readonly counters: Readonly<Record<string, number>>;
}

/** `away`: the broker cannot be reached at the moment; the transport reconnects by itself. */
export type TransportStatus = 'connected' | 'away';

/** Carries the messages of outboxes between processes: one log per publishing context, in partitions by key. */
export interface EventTransport {
  /** The broker's: the outboxes' cursors are stored under it. */
  readonly name: string;
  /**
   * The log that a context's outbox is read to; creates it where there is none. `readers` are the contexts that read it: the
   * log keeps an offset for each, from its beginning, before the first message is appended.
   * @throws Error where the log was made with another number of partitions
   */
  open(publisher: string, readers: readonly string[]): Promise<EventLog>;
  /**
   * Reads logs for a context that runs here; the broker keeps its offset in each. Messages of one partition come in order, the
   * next after `take` has resolved; where it rejects they come again. Only assigned partitions are read.
   */
  read(reader: string, publishers: readonly string[], take: Take): Promise<LogReader>;
  /** Deletes a context's log with the readers' offsets. Nobody may write or read it any more: its messages are gone, handled or not. */
  remove(publisher: string): Promise<void>;
  /** Tells whether a restart of the broker loses acknowledged messages, and then the remedy. @throws Error while the broker is away */
  persistence(): Promise<'kept' | { readonly remedy: string }>;
  close(): Promise<void>;
  readonly status: TransportStatus;
  /** How many arrivals were refused, by reason, such as `forged`. */
  readonly counters: Readonly<Record<string, number>>;
}

export type Take = (publisher: string, messages: readonly MessageEnvelope[]) => Promise<void>;

/** The writing end of one publisher's log. */
export interface EventLog {
  readonly partitions: number;
  /**
   * Appends messages of one partition in order; durable when it resolves. `after` is the position of the last that was appended
   * there before; without it the partition, and the readers' positions in it, are made where they are missing.
   * @returns the position of the last of them: a text that means something to this log alone
   * @throws Forgotten where the log no longer has what was appended up to `after`: nothing was appended
   */
  append(partition: number, messages: readonly MessageEnvelope[], after: string | undefined): Promise<string>;
  /**
   * Whether every reader has passed the position in each partition; what lies before it is trimmed then. `forgotten`: the log
   * no longer has what was appended up to that position. Partitions may be asked about more than once, with several positions.
   */
  settle(positions: readonly LogPosition[]): Promise<Settlement[]>;
}

export interface LogPosition {
  readonly partition: number;
  readonly position: string;
}

/** The reading end of one context. */
export interface LogReader {
  /** The partitions that this process reads from now on, of all logs alike: its leases say so. What it loses it finishes or leaves. */
  assign(partitions: readonly number[]): void;
  /** Reads no more; resolves when what was begun is finished and acknowledged. */
  stop(): Promise<void>;
}
