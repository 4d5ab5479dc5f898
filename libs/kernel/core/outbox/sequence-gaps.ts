import type { OutboxMessage } from './destination.js';

/** How many messages beyond a gap are remembered; a forgotten one is a gap like any other. */
const REMEMBERED = 10_000;

/**
 * Finds out which of the messages that this process commits have no gap before them (docs/adr/0017). Every sequence number up
 * to `through` is with the lanes, or was drawn in vain. A commit of the next number continues from there; a commit further on
 * waits. Polls close gaps: a number drawn before a poll belongs to a transaction that had its xid by then.
 */
export class SequenceGaps {
  /** Every number up to here is with the lanes, or will never be used. */
  private through = 0;
  /** Numbers beyond that. A message waits for those before it; undefined: it is with the lanes. */
  private readonly known = new Map<number, OutboxMessage | undefined>();
  /** Missing numbers up to `upTo` were drawn by transactions below `xmax`. */
  private gap: { readonly upTo: number; readonly xmax: bigint } | undefined;
  /** The highest number before a running poll. While it runs no message has its turn, because the poll's result is not known. */
  private beforePoll: number | undefined;

  /** Messages wait for others before them, or for a poll. */
  get waits(): boolean {
    return [...this.known.values()].some((message) => message !== undefined);
  }

  /** This process has committed messages. @returns those whose turn it is, in order */
  committed(messages: readonly OutboxMessage[]): OutboxMessage[] {
    for (const message of messages)
      if (message.sequence > this.through && !this.known.has(message.sequence))
        this.known.set(message.sequence, message);
    return this.beforePoll === undefined ? this.next() : [];
  }

  /** A poll begins: it will show all that is committed by now. */
  pollBegins(): void {
    this.beforePoll = this.highest();
  }

  /**
   * A poll has ended: the messages with these sequence numbers are with the lanes, and the other messages that `snapshot` shows
   * are not for them. Without a snapshot no lane has read all. @returns the messages whose turn it is, in order
   */
  pollEnded(sequences: readonly number[], snapshot: string | null): OutboxMessage[] {
    const before = this.beforePoll ?? 0;
    this.beforePoll = undefined;
    if (snapshot === null) return this.reset();
    for (const sequence of sequences) if (sequence > this.through) this.known.set(sequence, undefined);
    const upTo = sequences.reduce((highest, sequence) => Math.max(highest, sequence), before);
    const [xmin, xmax, running] = snapshot.split(':') as [string, string, string];
    const turn: OutboxMessage[] = [];
    if (running === '') turn.push(...this.pass(upTo));
    else if (this.gap && BigInt(xmin) >= this.gap.xmax) turn.push(...this.pass(this.gap.upTo));
    turn.push(...this.next());
    if (this.gap && this.through >= this.gap.upTo) this.gap = undefined;
    if (this.through < upTo) this.gap ??= { upTo, xmax: BigInt(xmax) };
    if (this.known.size > REMEMBERED)
      for (const [sequence, message] of this.known) if (!message) this.known.delete(sequence);
    return turn;
  }

  /** Missing numbers up to `upTo` will never come. */
  private pass(upTo: number): OutboxMessage[] {
    const sequences = [...this.known.keys()].filter((sequence) => sequence <= upTo).toSorted((a, b) => a - b);
    this.through = Math.max(this.through, upTo);
    return sequences.flatMap((sequence) => this.take(sequence));
  }

  /** All messages are to be read: none waits any longer. */
  private reset(): OutboxMessage[] {
    const messages = [...this.known.values()].filter((message) => message !== undefined);
    this.known.clear();
    return messages;
  }

  private next(): OutboxMessage[] {
    const turn: OutboxMessage[] = [];
    while (this.known.has(this.through + 1)) turn.push(...this.take(++this.through));
    return turn;
  }

  private take(sequence: number): OutboxMessage[] {
    const message = this.known.get(sequence);
    this.known.delete(sequence);
    return message ? [message] : [];
  }

  private highest(): number {
    let highest = this.through;
    for (const sequence of this.known.keys()) highest = Math.max(highest, sequence);
    return highest;
  }
}
