import type { OutboxMessage } from './destination.js';

/** How many messages beyond a gap are remembered; a forgotten one is a gap like any other. */
const REMEMBERED = 10_000;

/**
 * Decides which of the messages that this process commits may go to the lanes at once, without a read (docs/adr/0017): those
 * with no gap before them. Every sequence number up to `through` is with the lanes, or was drawn in vain. A commit of the next
 * number continues from there; a commit further on waits. Polls close gaps: a number drawn before a poll belongs to a
 * transaction that had its xid by then.
 */
export class HandOver {
  /** Every number up to here is with the lanes, or will never be used. */
  private through = 0;
  /** Numbers beyond that. A message waits for those before it; undefined: it is with the lanes. */
  private readonly known = new Map<number, OutboxMessage | undefined>();
  /** Missing numbers up to `upTo` were drawn by transactions below `xmax`. */
  private gap: { readonly upTo: number; readonly xmax: bigint } | undefined;
  /** The highest number before a running poll. While it runs nothing is handed over, because its result is not known. */
  private looking: number | undefined;

  /** Messages wait for others before them, or for a poll. */
  get waits(): boolean {
    return [...this.known.values()].some((row) => row !== undefined);
  }

  /** This process has committed messages. @returns those whose turn it is, in order */
  committed(rows: readonly OutboxMessage[]): OutboxMessage[] {
    for (const row of rows)
      if (row.sequence > this.through && !this.known.has(row.sequence)) this.known.set(row.sequence, row);
    return this.looking === undefined ? this.next() : [];
  }

  /** A poll begins: it will show all that is committed by now. */
  look(): void {
    this.looking = this.highest();
  }

  /**
   * A poll has ended: `ids` are with the lanes, and the other messages that `snapshot` shows are not for them. Without a
   * snapshot no lane has read all. @returns the messages whose turn it is, in order
   */
  looked(ids: readonly number[], snapshot: string | null): OutboxMessage[] {
    const before = this.looking ?? 0;
    this.looking = undefined;
    if (snapshot === null) return this.reset();
    for (const id of ids) if (id > this.through) this.known.set(id, undefined);
    const upTo = ids.reduce((highest, id) => Math.max(highest, id), before);
    const [xmin, xmax, running] = snapshot.split(':') as [string, string, string];
    const turn: OutboxMessage[] = [];
    if (running === '') turn.push(...this.pass(upTo));
    else if (this.gap && BigInt(xmin) >= this.gap.xmax) turn.push(...this.pass(this.gap.upTo));
    turn.push(...this.next());
    if (this.gap && this.through >= this.gap.upTo) this.gap = undefined;
    if (this.through < upTo) this.gap ??= { upTo, xmax: BigInt(xmax) };
    if (this.known.size > REMEMBERED) for (const [id, row] of this.known) if (!row) this.known.delete(id);
    return turn;
  }

  /** Missing numbers up to `upTo` will never come. */
  private pass(upTo: number): OutboxMessage[] {
    const ids = [...this.known.keys()].filter((id) => id <= upTo).toSorted((a, b) => a - b);
    this.through = Math.max(this.through, upTo);
    return ids.flatMap((id) => this.take(id));
  }

  /** All messages are to be read: none waits any longer. */
  private reset(): OutboxMessage[] {
    const rows = [...this.known.values()].filter((row) => row !== undefined);
    this.known.clear();
    return rows;
  }

  private next(): OutboxMessage[] {
    const turn: OutboxMessage[] = [];
    while (this.known.has(this.through + 1)) turn.push(...this.take(++this.through));
    return turn;
  }

  private take(id: number): OutboxMessage[] {
    const row = this.known.get(id);
    this.known.delete(id);
    return row ? [row] : [];
  }

  private highest(): number {
    let highest = this.through;
    for (const id of this.known.keys()) highest = Math.max(highest, id);
    return highest;
  }
}
