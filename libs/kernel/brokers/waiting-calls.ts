import { type Clock, exceeds } from '#kernel/base';
import { type CallRequest, NoReply } from '#kernel/core';
import { kernelFailure } from '#kernel/messages';
import type { Attempt, Reply } from './call-wire.js';
import { Numbered } from './numbered.js';

/** An attempt is given up after half of the time that is left, so that a replica which died costs no call its deadline. */
const SHORTEST_ATTEMPT_MS = 1_000;
export const LONGEST_ATTEMPT_MS = 30_000;

/** An attempt that this process waits for. */
export interface Waiting<Place> {
  readonly id: number;
  /** The attempt as it is written. */
  readonly text: string;
  /** Where it was put; none before it left. */
  place: Place | undefined;
}

interface Entry<Place> extends Waiting<Place> {
  /** When it is given up at the latest. */
  readonly end: number;
  readonly giveUp: (waiting: Waiting<Place>) => void;
  readonly resolve: (outcome: unknown) => void;
  readonly reject: (error: unknown) => void;
  timer: NodeJS.Timeout | undefined;
}

export interface WaitingCallsOptions {
  readonly clock: Clock;
  readonly maxBytes: number;
  /** Where replies are to come to. */
  readonly from: string;
  /** So long an attempt that nobody is known to have begun is waited for. */
  readonly begunWithinMs?: number;
}

/** The attempts of calls that this process waits for, each with the end of its time. */
export class WaitingCalls<Place> {
  /** Answers that nobody waited for any more. */
  late = 0;
  private readonly entries = new Numbered<Entry<Place>>();

  constructor(private readonly options: WaitingCallsOptions) {}

  /**
   * Waits for an attempt that `leave` sends; `giveUp` is to end it when its time is over.
   * @throws Failure where it does not leave
   */
  ask(
    request: CallRequest,
    leave: (waiting: Waiting<Place>) => void,
    giveUp: (waiting: Waiting<Place>) => void,
  ): Promise<unknown> {
    const { clock, from, maxBytes, begunWithinMs = LONGEST_ATTEMPT_MS } = this.options;
    const now = clock.now();
    const left = request.metadata.deadline - now;
    if (left <= 0) throw kernelFailure('kernel.deadline_exceeded');
    const lasts = Math.min(left, LONGEST_ATTEMPT_MS, Math.max(SHORTEST_ATTEMPT_MS, left / 2));
    const patience = Math.min(lasts, begunWithinMs);
    const id = this.entries.next();
    const { name, input, metadata } = request;
    const answerBy = patience < lasts ? now + lasts : undefined;
    const attempt: Attempt = { id, from, until: now + patience, answerBy, name, input, metadata };
    const text = JSON.stringify(attempt);
    if (exceeds(text, maxBytes)) throw kernelFailure('kernel.request_too_large');
    return new Promise((resolve, reject) => {
      const entry: Entry<Place> = {
        id,
        text,
        end: now + lasts,
        giveUp,
        resolve,
        reject,
        place: undefined,
        timer: undefined,
      };
      entry.timer = setTimeout(giveUp, patience, entry);
      this.entries.add(entry);
      leave(entry);
    });
  }

  has({ id }: Waiting<Place>): boolean {
    return this.entries.get(id) !== undefined;
  }

  find(id: number): Waiting<Place> | undefined {
    return this.entries.get(id);
  }

  hear(reply: Reply): void {
    if (reply.isWorking) this.waitLonger(reply.id);
    else this.settle(reply);
  }

  reject({ id }: Pick<Waiting<Place>, 'id'>, error: unknown): void {
    this.end(id)?.reject(error);
  }

  /** What nobody knows of any more. */
  rejectAll(why: string): void {
    for (const { id } of this.entries.all()) this.end(id)?.reject(new NoReply(why));
  }

  private settle({ id, outcome }: Reply): void {
    const entry = this.end(id);
    if (!entry) {
      this.late++;
      return;
    }
    try {
      entry.resolve(outcome());
    } catch (error) {
      entry.reject(error);
    }
  }

  private waitLonger(id: number): void {
    const entry = this.entries.get(id);
    if (!entry) return;
    clearTimeout(entry.timer);
    entry.timer = setTimeout(entry.giveUp, entry.end - this.options.clock.now(), entry);
  }

  private end(id: number): Entry<Place> | undefined {
    const entry = this.entries.take(id);
    clearTimeout(entry?.timer);
    return entry;
  }
}
