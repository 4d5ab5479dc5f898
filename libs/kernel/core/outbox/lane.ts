import type { Destination, LogDestination, OutboxMessage } from './destination.js';

/** A cursor: all messages visible in `seen` are read, and of those that `upto` adds, the ones up to the sequence number `after`. */
export interface Position {
  readonly seen: string;
  readonly upto: string | null;
  readonly after: number;
}

/** Delivers one slot to one destination: in order, one message or batch at a time. */
export class Lane {
  /** How far messages were read into `queue`. */
  read: Position;
  queue: OutboxMessage[] = [];
  busy = false;
  /** The queue was full at the last poll: there may be more. */
  starved = false;
  /** Its cursors have moved since they were stored. */
  moved = false;
  dropped = false;
  /** The cursor to go back to, once the running delivery is over. */
  back: Position | undefined;
  /** Caught up with the last poll: new commits may be handed to it directly. */
  current = false;
  /** Sequence numbers of messages that were handed over: the next poll shows them again. */
  private readonly handed = new Set<number>();
  /** How many messages were ever put into the queue, and delivered out of it. */
  private fed = 0;
  private delivered = 0;
  /** The cursor that holds once so many messages are delivered. */
  private readonly marks: { fed: number; position: Position }[] = [];

  constructor(
    readonly destination: Destination | LogDestination,
    readonly slot: number,
    /** How far messages were delivered; the cursor that is stored. */
    public done: Position,
    /** For a log: how far its readers are. */
    readonly log?: LogProgress,
  ) {
    this.read = done;
  }

  get key(): string {
    return laneKey(this.destination.name, this.slot);
  }

  /** Queues the messages that were read up to `position`, as far as the destination wants them. */
  feed(rows: readonly OutboxMessage[], position: Position): void {
    this.read = position;
    if (rows.length === 0 && this.fed === this.delivered) {
      this.done = position; // nothing new and nothing under way, as for most lanes at most polls
      return;
    }
    const fresh = rows.filter((row) => !this.handed.delete(row.sequence));
    this.moved ||= fresh.length < rows.length; // handed over and delivered, it may have been stored before this poll showed it
    const wanted = fresh.filter((row) => this.destination.wants(row));
    this.fed += wanted.length;
    const last = this.marks.at(-1);
    if (last?.fed === this.fed) last.position = position;
    else this.marks.push({ fed: this.fed, position });
    this.queue.push(...wanted);
    this.pass();
  }

  /** Queues messages of its slot that were just committed and not read. The cursor moves when a poll shows them. */
  hand(rows: readonly OutboxMessage[]): void {
    for (const row of rows) this.handed.add(row.sequence);
    const wanted = rows.filter((row) => this.destination.wants(row));
    this.fed += wanted.length;
    this.queue.push(...wanted);
  }

  /** The first `count` messages of the queue are delivered. */
  took(count: number): void {
    this.queue.splice(0, count);
    this.delivered += count;
    this.moved = true;
    this.pass();
  }

  /** Moves the cursor past every mark whose messages are delivered. */
  private pass(): void {
    while (this.marks[0] && this.marks[0].fed <= this.delivered) this.done = this.marks.shift()!.position;
  }
}

export const laneKey = (destination: string, slot: number): string => `${slot} ${destination}`;

/** How far all readers of a log are in one slot. Where the log forgets something, its lane goes back to that cursor. */
export class LogProgress {
  /** Once every reader has passed the place, all messages up to the position are handled. */
  private asked: { readonly place: string; readonly position: Position } | undefined;
  private settledPlace: string | undefined;

  constructor(
    /** All messages up to here are handled. */
    public settled: Position,
    /** The log's own name for the last message that was appended. */
    public place: string | undefined,
  ) {}

  /** The place to ask the log about; undefined where all appended messages are handled. */
  question({ done }: Lane): string | undefined {
    if (this.place === undefined || this.place === this.settledPlace) this.settled = done;
    else this.asked ??= { place: this.place, position: done };
    return this.asked?.place;
  }

  /** Every reader has passed the place that was asked about. */
  answered(): void {
    if (!this.asked) return;
    this.settledPlace = this.asked.place;
    this.settled = this.asked.position;
    this.asked = undefined;
  }
}
