import type { Cursor } from './cursor.js';
import { type AnyDestination, type OutboxMessage, settledName } from './destination.js';
import type { LogProgress } from './log-progress.js';
import type { StoredCursor } from './outbox-cursors.js';

/** A lane with this many messages in its queue is read no further. It falls behind the others and catches up alone. */
const QUEUE = 500;

/**
 * One slot on its way to one destination: the messages that are read and not yet delivered, in order, and the cursor that is
 * stored. docs/adr/0003 has its states.
 */
export class Lane {
  /** How far messages were read into the queue. */
  read: Cursor;
  /** Its cursors have moved since they were stored. */
  moved = false;
  /** The cursor to go back to, once the running delivery is over. */
  rewindTo: Cursor | undefined;
  private queue: OutboxMessage[] = [];
  /** `full`: no poll reads it until the queue is empty. `current`: it has read all that the last poll showed, so that new commits may be handed to it. */
  private reading: 'behind' | 'full' | 'current' = 'behind';
  private delivery: 'idle' | 'running' | 'closed' = 'idle';
  /** Sequence numbers of messages that were handed over: the next poll shows them again. */
  private readonly handed = new Set<number>();
  /** How many messages were ever put into the queue, and delivered out of it. */
  private queued = 0;
  private delivered = 0;
  /** The cursor that holds once so many messages are delivered. */
  private readonly marks: { queued: number; cursor: Cursor }[] = [];

  constructor(
    readonly destination: AnyDestination,
    readonly slot: number,
    /** How far messages were delivered; the cursor that is stored. */
    public done: Cursor,
    /** For a log: how far its readers are. */
    readonly log?: LogProgress,
  ) {
    this.read = done;
  }

  get key(): string {
    return laneKey(this.destination.name, this.slot);
  }

  get isFull(): boolean {
    return this.reading === 'full';
  }

  get isClosed(): boolean {
    return this.delivery === 'closed';
  }

  get isDelivering(): boolean {
    return this.delivery === 'running';
  }

  /** A poll begins. @returns whether it reads this lane */
  pollBegins(): boolean {
    this.reading = this.queue.length >= QUEUE ? 'full' : 'behind';
    return !this.isFull;
  }

  /** Queues the messages that a poll showed up to `cursor`, as far as the destination wants them. */
  feed(messages: readonly OutboxMessage[], cursor: Cursor): void {
    if (this.isClosed) return;
    this.read = cursor;
    if (messages.length === 0 && this.queued === this.delivered) {
      this.done = cursor; // nothing new and nothing under way, as for most lanes at most polls
      return;
    }
    const fresh = messages.filter(({ sequence }) => !this.handed.delete(sequence));
    this.moved ||= fresh.length < messages.length; // handed over and delivered, it may have been stored before this poll showed it
    this.enqueue(fresh);
    const last = this.marks.at(-1);
    if (last?.queued === this.queued) last.cursor = cursor;
    else this.marks.push({ queued: this.queued, cursor });
    this.pass();
  }

  /** A poll has ended. `snapshot` is what it showed, null where it failed. */
  pollEnded(snapshot: string | null): void {
    const { upto, seen } = this.read;
    if (snapshot !== null && upto === null && seen === snapshot) this.reading = 'current';
    else if (!this.isFull) this.reading = 'behind';
  }

  /**
   * Queues messages that were just committed, without a read; the cursor moves when a poll shows them.
   * @returns whether it could: a lane that has others to read, or no room, reads these too
   */
  hand(messages: readonly OutboxMessage[]): boolean {
    const hasRoom = this.queue.length < QUEUE;
    if (this.reading !== 'current' || !hasRoom) {
      this.reading = hasRoom ? 'behind' : 'full';
      return false;
    }
    for (const { sequence } of messages) this.handed.add(sequence);
    this.enqueue(messages);
    return true;
  }

  /** Begins to deliver what is queued. @returns false where nothing is, or a delivery is running */
  beginDelivery(): boolean {
    if (this.queue.length === 0 || this.delivery !== 'idle') return false;
    this.delivery = 'running';
    return true;
  }

  /** The next messages to deliver; none where the lane is closed or has to go back. */
  next(): readonly OutboxMessage[] {
    return this.rewindTo ? [] : this.queue.slice(0, this.destination.batch);
  }

  /** The first `count` messages of the queue are delivered. */
  deliveredNext(count: number): void {
    this.queue.splice(0, count);
    this.delivered += count;
    this.moved = true;
    this.pass();
  }

  /** The delivery is over. @returns whether a poll must read on, because the queue was full at the last one */
  endDelivery(): boolean {
    if (!this.isClosed) this.delivery = 'idle';
    const wasFull = this.isFull;
    if (wasFull) this.reading = 'behind';
    return wasFull;
  }

  /** Another process has the slot, or another lane takes this one's place: nothing more is delivered. */
  close(): void {
    this.delivery = 'closed';
    this.queue = [];
  }

  /** The cursors to store. */
  cursors(): StoredCursor[] {
    const { destination, slot, done, log } = this;
    const delivered = { destination: destination.name, slot, ...done, position: log?.position ?? null };
    if (!log) return [delivered];
    return [delivered, { destination: settledName(destination.name), slot, ...log.settled, position: null }];
  }

  private enqueue(messages: readonly OutboxMessage[]): void {
    const wanted = messages.filter((message) => this.destination.wants(message));
    this.queued += wanted.length;
    this.queue.push(...wanted);
  }

  /** Moves the cursor past every mark whose messages are delivered. */
  private pass(): void {
    while (this.marks[0] && this.marks[0].queued <= this.delivered) this.done = this.marks.shift()!.cursor;
  }
}

export const laneKey = (destination: string, slot: number): string => `${slot} ${destination}`;
