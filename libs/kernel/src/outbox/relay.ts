import { Logger } from '@nestjs/common';
import type { Database } from '../database/database.js';
import { sql } from '../database/sql.js';
import { Alarm, pause } from '../runtime/deadline.js';
import type { Destination, OutboxRow } from './destination.js';
import { SlotLeases } from './slot-leases.js';

/** Where a lane stands: everything visible in `seen` is read; of what `upto` adds to it, everything up to `after`. */
interface Position {
  readonly seen: string;
  readonly upto: string | null;
  readonly after: number;
}

/** One destination's reading of one slot: in order, one row or batch at a time. */
interface Lane {
  readonly destination: Destination;
  readonly slot: number;
  /** How far rows were read into `queue`. */
  read: Position;
  /** How far rows were delivered; what is stored. */
  done: Position;
  queue: OutboxRow[];
  /** Rows ever put into the queue, and delivered out of it. */
  fed: number;
  delivered: number;
  /** Where the lane stands once so many rows are delivered. */
  readonly marks: { fed: number; position: Position }[];
  busy: boolean;
  /** Its queue was full when others were read: there may be more. */
  starved: boolean;
  /** Delivered something that the stored cursor does not know of. */
  moved: boolean;
  dropped: boolean;
}

const PAGE = 1_000;
/** A lane with so many rows waiting is read no further: it falls behind the others, and catches up alone. */
const PREFETCH = 500;
const POLL_ALONE_MS = 1_000;
const POLL_SHARED_MS = 50;
const RENEW_MS = 2_000;
/** Idle cursors are stored now and then, so that what they have passed can be trimmed. */
const STORE_ALL_MS = 60_000;

/**
 * Reads one context's outbox to its destinations, in snapshot batches as PgQ does (docs/adr/0003). A wake-up after each
 * commit makes it quick, polling makes it true. Several processes share an outbox by leases on its slots.
 */
export class Relay {
  private readonly logger = new Logger('Relay');
  private readonly alarm = new Alarm();
  private readonly leases: SlotLeases;
  private readonly lanes = new Map<string, Lane>();
  private readonly running = new Set<Promise<void>>();
  private stopping = new AbortController();
  private loop: Promise<void> | undefined;
  private renewedAt = Number.NEGATIVE_INFINITY;
  private storedAllAt = performance.now();

  constructor(
    private readonly database: Database,
    private readonly destinations: readonly Destination[],
    instance: string,
  ) {
    this.leases = new SlotLeases(database, instance);
  }

  /** Gives every new destination its cursors. Done before anything is read or written, so that none misses a message. */
  async register(): Promise<void> {
    if (this.destinations.length === 0) return;
    const names = this.destinations.map(({ name }) => name);
    const earliest = this.destinations.filter(({ from }) => from === 'earliest').map(({ name }) => name);
    await this.database.query(sql`
      insert into outbox_cursor (destination, slot, seen)
      select destination, slot, case when destination = any(${earliest}) then '1:1:'::pg_snapshot else pg_current_snapshot() end
      from unnest(${names}::text[]) destination cross join outbox_slot
      on conflict do nothing`);
  }

  start(): void {
    this.loop = this.run();
  }

  /** There is something new: look now rather than at the next poll. */
  wake(): void {
    this.alarm.wake();
  }

  /** Finishes what was begun, stores the cursors and gives the slots back. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.wake();
    await this.loop;
    await Promise.all(this.running);
    await this.storeCursors().catch((error: unknown) =>
      this.logger.warn(`cursors of "${this.database.context}" not stored: ${String(error)}`),
    );
    await this.leases
      .release()
      .catch((error: unknown) =>
        this.logger.warn(`slots of "${this.database.context}" not released: ${String(error)}`),
      );
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        if (performance.now() - this.renewedAt >= RENEW_MS) await this.renew();
        if (await this.readAll()) continue;
        await this.alarm.sleep(this.leases.alone ? POLL_ALONE_MS : POLL_SHARED_MS);
      } catch (error) {
        this.logger.warn(`reading the outbox of "${this.database.context}" failed, trying again: ${String(error)}`);
        await pause(500, this.stopping.signal);
      }
    }
  }

  private async renew(): Promise<void> {
    await this.storeCursors();
    const { gained, lost } = await this.leases.renew();
    this.renewedAt = performance.now();
    for (const lane of this.lanes.values()) if (lost.includes(lane.slot)) this.drop(lane);
    if (gained.length > 0) await this.open(gained);
  }

  private drop(lane: Lane): void {
    lane.dropped = true;
    lane.queue = [];
    this.lanes.delete(laneKey(lane.destination.name, lane.slot));
  }

  private async open(slots: readonly number[]): Promise<void> {
    const cursors = await this.database.query<{
      destination: string;
      slot: number;
      seen: string;
      upto: string | null;
      after: number;
    }>(sql`
      select destination, slot, seen::text, upto::text, after_id as after from outbox_cursor where slot = any(${slots})`);
    for (const { destination: name, slot, ...position } of cursors) {
      const destination = this.destinations.find((candidate) => candidate.name === name);
      if (!destination) continue; // another version's subscriber: its cursor waits for it
      const lane: Lane = {
        destination,
        slot,
        read: position,
        done: position,
        queue: [],
        fed: 0,
        delivered: 0,
        marks: [],
        busy: false,
        starved: false,
        moved: false,
        dropped: false,
      };
      this.lanes.set(laneKey(name, slot), lane);
    }
  }

  /** Reads what is new for every lane that has room. Lanes that stand at the same place are read together. */
  private async readAll(): Promise<boolean> {
    const groups = new Map<string, Lane[]>();
    for (const lane of this.lanes.values()) {
      if (lane.queue.length >= PREFETCH) {
        lane.starved = true;
        continue;
      }
      const place = `${lane.read.seen} ${lane.read.upto} ${lane.read.after}`;
      const group = groups.get(place);
      if (group) group.push(lane);
      else groups.set(place, [lane]);
    }
    let bound: string | null = null;
    let more = false;
    for (const group of groups.values()) {
      const page = await this.read(group, bound);
      if (group[0]!.read.upto === null) bound ??= page.snapshot; // one bound for all, so that lanes meet again at one place
      more ||= page.full;
      for (const lane of group) this.feed(lane, page);
    }
    return more;
  }

  private async read(group: readonly Lane[], bound: string | null): Promise<Page> {
    const { seen, upto, after } = group[0]!.read;
    const slots = [...new Set(group.map(({ slot }) => slot))];
    // Following pages walk the index on id. The first must not, it would begin at the oldest row: hence `id + 0`.
    const order = upto === null ? sql`id + 0` : sql`id`;
    const beyond = upto === null ? sql`` : sql`and id > ${after}`;
    const rows = await this.database.readOutbox<OutboxRow & { snapshot: string }>(
      sql`
      with bound as (select coalesce(${upto ?? bound}::pg_snapshot, pg_current_snapshot()) as snapshot)
      select bound.snapshot::text, fresh.*
      from bound left join lateral (
        select id, message_id, slot, name, key, destination, payload, correlation_id, causation_id, at
        from outbox
        where (xid >= pg_snapshot_xmax(${seen}::pg_snapshot) or xid = any(array(select pg_snapshot_xip(${seen}::pg_snapshot))))
          and pg_visible_in_snapshot(xid, bound.snapshot)
          and slot = any(${slots}::smallint[])
          ${beyond}
        order by ${order} limit ${PAGE}
      ) fresh on true`,
    );
    const snapshot = rows[0]!.snapshot;
    const found = rows.filter(({ id }) => id !== null);
    const full = found.length === PAGE;
    const position = full
      ? { seen, upto: snapshot, after: found.at(-1)!.id }
      : { seen: snapshot, upto: null, after: 0 };
    return { rows: found, snapshot, full, position };
  }

  private feed(lane: Lane, { rows, position }: Page): void {
    if (lane.dropped) return;
    const wanted = rows.filter((row) => row.slot === lane.slot && lane.destination.wants(row));
    lane.read = position;
    lane.fed += wanted.length;
    const last = lane.marks.at(-1);
    if (last?.fed === lane.fed) last.position = position;
    else lane.marks.push({ fed: lane.fed, position });
    pass(lane);
    if (wanted.length === 0) return;
    lane.queue.push(...wanted);
    if (lane.busy) return;
    lane.busy = true;
    const work = this.deliver(lane).finally(() => this.running.delete(work));
    this.running.add(work);
  }

  private async deliver(lane: Lane): Promise<void> {
    const { destination } = lane;
    for (let failures = 0; lane.queue.length > 0 && !this.stopping.signal.aborted;) {
      const rows = lane.queue.slice(0, destination.batch);
      try {
        await destination.deliver(this.database.context, rows);
        lane.queue.splice(0, rows.length);
        lane.delivered += rows.length;
        lane.moved = true;
        pass(lane);
        failures = 0;
      } catch (error) {
        failures++;
        if (failures > 3) {
          this.logger.warn(
            `"${destination.name}" cannot take messages of "${this.database.context}", trying again: ${String(error)}`,
          );
        }
        await pause(Math.min(10 * 2 ** failures, 2_000), this.stopping.signal);
      }
    }
    lane.busy = false;
    if (lane.starved) this.wake();
    lane.starved = false;
  }

  private async storeCursors(): Promise<void> {
    const all = performance.now() - this.storedAllAt >= STORE_ALL_MS;
    if (all) this.storedAllAt = performance.now();
    const moved = [...this.lanes.values()].filter((lane) => all || lane.moved);
    if (moved.length === 0) return;
    const cursors = moved.map(({ destination, slot, done }) => ({ destination: destination.name, slot, ...done }));
    await this.database.query(sql`
      update outbox_cursor cursor set seen = moved.seen, upto = moved.upto, after_id = moved.after
      from json_to_recordset(${JSON.stringify(cursors)}) as moved(destination text, slot smallint, seen pg_snapshot, upto pg_snapshot, after bigint)
      where cursor.destination = moved.destination and cursor.slot = moved.slot`);
    for (const lane of moved) lane.moved = false;
  }
}

interface Page {
  readonly rows: readonly OutboxRow[];
  readonly snapshot: string;
  readonly full: boolean;
  readonly position: Position;
}

const laneKey = (destination: string, slot: number): string => `${slot} ${destination}`;

/** Moves the lane past every place whose rows are delivered. */
function pass(lane: Lane): void {
  while (lane.marks[0] && lane.marks[0].fed <= lane.delivered) lane.done = lane.marks.shift()!.position;
}
