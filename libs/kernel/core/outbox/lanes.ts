import type { Cursor } from './cursor.js';
import { type AnyDestination, isLog, settledName } from './destination.js';
import { Lane, laneKey } from './lane.js';
import { LogProgress } from './log-progress.js';
import type { OutboxCursors, StoredCursor } from './outbox-cursors.js';

/** Cursors of lanes without new messages are stored at this interval, so that the partitions behind them can be dropped. */
const STORE_ALL_MS = 60_000;

/** The lanes of the slots that this process has leased: one for each slot and destination. */
export class Lanes {
  private readonly lanes = new Map<string, Lane>();
  private storedAllAt = performance.now();

  constructor(
    private readonly destinations: readonly AnyDestination[],
    private readonly cursors: OutboxCursors,
  ) {}

  all(): Iterable<Lane> {
    return this.lanes.values();
  }

  of(destination: string, slot: number): Lane | undefined {
    return this.lanes.get(laneKey(destination, slot));
  }

  /** Opens the lanes of slots that this process has leased, at their stored cursors. */
  async open(slots: readonly number[]): Promise<void> {
    const stored = await this.cursors.load(slots);
    const byKey = new Map(stored.map((cursor) => [laneKey(cursor.destination, cursor.slot), cursor]));
    for (const slot of slots) {
      for (const destination of this.destinations) {
        const delivered = byKey.get(laneKey(destination.name, slot))!;
        const settled = isLog(destination) && byKey.get(laneKey(settledName(destination.name), slot))!;
        const log = settled ? new LogProgress(cursorOf(settled), delivered.position ?? undefined) : undefined;
        this.add(new Lane(destination, slot, cursorOf(delivered), log));
      }
    }
  }

  /** Closes the lanes of slots whose leases are lost. */
  close(slots: readonly number[]): void {
    for (const lane of this.lanes.values()) if (slots.includes(lane.slot)) this.remove(lane);
  }

  add(lane: Lane): void {
    this.lanes.set(lane.key, lane);
  }

  remove(lane: Lane): void {
    lane.close();
    this.lanes.delete(lane.key);
  }

  /** The lanes that a poll reads, by cursor: those at the same one are read together. */
  readable(): Iterable<Lane[]> {
    const byCursor = new Map<string, Lane[]>();
    const keys = new Map<Cursor, string>(); // lanes that were read together share one cursor object, so few keys are made
    for (const lane of this.lanes.values()) {
      if (!lane.pollBegins()) continue;
      const { seen, upto, after } = lane.read;
      let key = keys.get(lane.read);
      if (key === undefined) keys.set(lane.read, (key = `${seen} ${upto} ${after}`));
      const group = byCursor.get(key);
      if (group) group.push(lane);
      else byCursor.set(key, [lane]);
    }
    return byCursor.values();
  }

  /** Stores the cursors that have moved; from time to time all of them. */
  async storeCursors(): Promise<void> {
    const all = performance.now() - this.storedAllAt >= STORE_ALL_MS;
    if (all) {
      this.storedAllAt = performance.now();
      await this.cursors.keep(this.destinations);
    }
    const moved = [...this.lanes.values()].filter((lane) => all || lane.moved);
    if (moved.length > 0) await this.store(moved);
  }

  /** `replayed` is the position of a replay that these lanes have carried out. */
  async store(lanes: readonly Lane[], replayed: string | null = null): Promise<void> {
    const cursors = lanes.flatMap((lane) => lane.cursors());
    for (const lane of lanes) lane.moved = false;
    try {
      await this.cursors.store(cursors, replayed);
    } catch (error) {
      for (const lane of lanes) lane.moved = true;
      throw error;
    }
  }
}

const cursorOf = ({ seen, upto, after }: StoredCursor): Cursor => ({ seen, upto, after });
