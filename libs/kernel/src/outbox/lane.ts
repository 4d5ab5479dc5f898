import type { Destination, LogDestination, OutboxMessage } from './destination.js';

/** Where a lane stands: everything visible in `seen` is read; of what `upto` adds to it, everything up to `after`. */
export interface Position {
  readonly seen: string;
  readonly upto: string | null;
  readonly after: number;
}

/** One destination's reading of one slot: in order, one row or batch at a time. */
export class Lane {
  /** How far rows were read into `queue`. */
  read: Position;
  queue: OutboxMessage[] = [];
  busy = false;
  /** Its queue was full when others were read: there may be more. */
  starved = false;
  /** Stands elsewhere than its stored cursors say. */
  moved = false;
  dropped = false;
  /** Where it is to go back to once what is on its way is over. */
  back: Position | undefined;
  /** It took part in the last look and read all that it showed: what is committed now is next. */
  current = false;
  /** Of what was handed over: the next look shows it again. */
  private readonly handed = new Set<number>();
  /** Rows ever put into the queue, and delivered out of it. */
  private fed = 0;
  private delivered = 0;
  /** Where the lane stands once so many rows are delivered. */
  private readonly marks: { fed: number; position: Position }[] = [];

  constructor(
    readonly destination: Destination | LogDestination,
    readonly slot: number,
    /** How far rows were delivered; what is stored. */
    public done: Position,
    /** Of a log: how far its readers are. */
    readonly log?: LogProgress,
  ) {
    this.read = done;
  }

  get key(): string {
    return laneKey(this.destination.name, this.slot);
  }

  /** Takes in what was read up to `position`: those of the rows of its slot that its destination wants. */
  feed(rows: readonly OutboxMessage[], position: Position): void {
    this.read = position;
    if (rows.length === 0 && this.fed === this.delivered) {
      this.done = position; // nothing is new, and nothing under way: so it is for most lanes at most looks
      return;
    }
    const fresh = rows.filter((row) => !this.handed.delete(row.sequence));
    this.moved ||= fresh.length < rows.length; // what was handed over and delivered may have been stored before it was shown
    const wanted = fresh.filter((row) => this.destination.wants(row));
    this.fed += wanted.length;
    const last = this.marks.at(-1);
    if (last?.fed === this.fed) last.position = position;
    else this.marks.push({ fed: this.fed, position });
    this.queue.push(...wanted);
    this.pass();
  }

  /** Takes in rows of its slot that were just committed and not read. Where it stands moves on when a look shows them. */
  hand(rows: readonly OutboxMessage[]): void {
    for (const row of rows) this.handed.add(row.sequence);
    const wanted = rows.filter((row) => this.destination.wants(row));
    this.fed += wanted.length;
    this.queue.push(...wanted);
  }

  /** The first so many rows of the queue are delivered. */
  took(count: number): void {
    this.queue.splice(0, count);
    this.delivered += count;
    this.moved = true;
    this.pass();
  }

  /** Moves on past every place whose rows are delivered. */
  private pass(): void {
    while (this.marks[0] && this.marks[0].fed <= this.delivered) this.done = this.marks.shift()!.position;
  }
}

export const laneKey = (destination: string, slot: number): string => `${slot} ${destination}`;

/** How far all readers of a log are in one slot. Where the log forgets, its lane goes back to that. */
export class LogProgress {
  /** What is being waited for: once every reader has passed the place, everything up to the position is handled. */
  private asked: { readonly place: string; readonly position: Position } | undefined;
  private settledPlace: string | undefined;

  constructor(
    /** Everything up to here is handled. */
    public settled: Position,
    /** Of the last row that was appended, as the log calls it. */
    public place: string | undefined,
  ) {}

  /** The place to ask the log about; undefined where all that was appended is handled. */
  question({ done }: Lane): string | undefined {
    if (this.place === undefined || this.place === this.settledPlace) this.settled = done;
    else this.asked ??= { place: this.place, position: done };
    return this.asked?.place;
  }

  /** Every reader has passed what was asked about. */
  answered(): void {
    if (!this.asked) return;
    this.settledPlace = this.asked.place;
    this.settled = this.asked.position;
    this.asked = undefined;
  }
}
