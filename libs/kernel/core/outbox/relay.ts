import { AsyncLocalStorage } from 'node:async_hooks';
import { Logger } from '@nestjs/common';
import { Alarm, errorText, pause } from '#kernel/base';
import type { Database } from '../database/database.js';
import { sql } from '../database/sql.js';
import {
  type Destination,
  Forgotten,
  isLog,
  type LogDestination,
  type OutboxMessage,
  settledName,
} from './destination.js';
import { HandOver } from './hand-over.js';
import { Lane, laneKey, LogProgress, type Position } from './lane.js';
import { envelopeOf, messageColumns, type MessageRow } from './message-rows.js';
import { SlotLeases } from './slot-leases.js';

const PAGE = 1_000;
/** A lane with this many messages in its queue is read no further. It falls behind the others and catches up alone. */
const PREFETCH = 500;
const POLL_ALONE_MS = 1_000;
const POLL_SHARED_MS = 50;
/** Minimum gap between polls: under load one poll picks up several commits. */
const GATHER_MS = 10;
/** How long a committed message waits for lower sequence numbers, whose commits are probably on their way, before we poll for them. */
const PATIENCE_MS = 5;
const RENEW_MS = 2_000;
/** Idle cursors are stored at this interval, so that the partitions behind them can be dropped. */
const STORE_ALL_MS = 60_000;
const WARN_EVERY_MS = 10_000;

/**
 * Reads one context's outbox to its destinations, in snapshot batches as PgQ does (docs/adr/0003). Messages that this process
 * commits are handed over without a read where nothing can precede them (docs/adr/0017): an optimisation; polling alone is
 * correct. Several processes share an outbox by leases on its slots.
 */
export class Relay {
  private readonly logger = new Logger('Relay');
  private readonly alarm = new Alarm();
  private readonly leases: SlotLeases;
  private readonly lanes = new Map<string, Lane>();
  private readonly running = new Set<Promise<void>>();
  private readonly handOver = new HandOver();
  private overdue: NodeJS.Timeout | undefined;
  /** Runs work outside the call context of the code that commits. */
  private readonly apart = AsyncLocalStorage.snapshot();
  private stopping = new AbortController();
  private loop: Promise<void> | undefined;
  private settling: Promise<void> | undefined;
  private renewedAt = Number.NEGATIVE_INFINITY;
  private storedAllAt = performance.now();
  private readonly warnedAt = new Map<string, number>();

  private destinations: readonly (Destination | LogDestination)[] = [];
  /** Called with the slots that this process has leased, whenever they change. */
  onSlots: (slots: readonly number[]) => void = () => undefined;

  /** Called at each renewal of the leases, before the next read. */
  onRenewal: () => Promise<void> = () => Promise.resolve();

  constructor(
    private readonly database: Database,
    instance: string,
  ) {
    this.leases = new SlotLeases(database, instance);
  }

  /**
   * Gives every destination its cursors, before anything is read or written, so that no destination misses a message. The cursors
   * of a destination that was not read to for a day, while others were, are reset: its messages went another way.
   */
  async register(destinations: readonly (Destination | LogDestination)[]): Promise<void> {
    this.destinations = destinations;
    if (destinations.length === 0) return;
    const wanted = JSON.stringify(
      destinations.flatMap((one) => cursorsOf(one).map((destination) => ({ destination, beginning: one.from }))),
    );
    const living = sql`read_at > (select max(read_at) from outbox_cursor) - interval '1 day'`;
    const least = sql`
      select distinct on (slot) slot, seen from outbox_cursor where ${living}
      order by slot, pg_snapshot_xmin(seen), pg_snapshot_xmax(seen), (select count(*) from pg_snapshot_xip(seen)) desc`;
    await this.database.query(sql`
      update outbox_cursor former set seen = least.seen, upto = null, after_id = 0, place = null, read_at = now()
      from (${least}) least
      where former.slot = least.slot and former.destination = any(${destinations.flatMap(cursorsOf)}) and not (${living})`);
    await this.database.query(sql`
      insert into outbox_cursor (destination, slot, seen)
      select destination, slot,
        case beginning when 'now' then pg_current_snapshot() when 'least' then coalesce(least.seen, '1:1:') else '1:1:' end
      from json_to_recordset(${wanted}) as wanted(destination text, beginning text)
        cross join outbox_slot left join (${least}) least using (slot)
      on conflict (destination, slot) do update set read_at = now()`);
  }

  start(): void {
    this.loop = this.run();
  }

  /** There are new messages: poll now. */
  wake(): void {
    this.alarm.wake();
  }

  /** Accepts messages that this process has just committed. */
  committed(rows: readonly OutboxMessage[]): void {
    if (rows.length > 0 && !this.stopping.signal.aborted) this.apart(() => this.hand(this.handOver.committed(rows)));
  }

  /** Finishes running deliveries, stores the cursors and releases the slots. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.wake();
    await this.loop;
    await Promise.all(this.running);
    clearTimeout(this.overdue);
    // Messages that were handed over lie beyond the cursors until a poll shows them.
    const stored = this.readAll().then(() => this.storeCursors());
    await stored.catch((error: unknown) =>
      this.logger.warn(`cursors of "${this.database.context}" not stored: ${errorText(error)}`),
    );
    await this.leases
      .release()
      .catch((error: unknown) =>
        this.logger.warn(`slots of "${this.database.context}" not released: ${errorText(error)}`),
      );
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        if (performance.now() - this.renewedAt >= RENEW_MS) await this.renew();
        const began = performance.now();
        if (await this.readAll()) continue;
        await this.alarm.sleep(this.leases.alone ? POLL_ALONE_MS : POLL_SHARED_MS);
        const early = began + GATHER_MS - performance.now();
        if (early > 1) await pause(early, this.stopping.signal);
      } catch (error) {
        this.logger.warn(`reading the outbox of "${this.database.context}" failed, trying again: ${errorText(error)}`);
        await pause(500, this.stopping.signal);
      }
    }
  }

  private async renew(): Promise<void> {
    await this.storeCursors();
    await this.onRenewal();
    const { gained, lost } = await this.leases.renew();
    this.renewedAt = performance.now();
    for (const lane of this.lanes.values()) if (lost.includes(lane.slot)) this.drop(lane);
    if (gained.length > 0) await this.open(gained);
    await this.goBackWhereTold();
    if (gained.length + lost.length > 0) this.onSlots(this.leases.slots);
    this.settling ??= this.track(this.settle()).finally(() => (this.settling = undefined));
  }

  private drop(lane: Lane): void {
    lane.dropped = true;
    lane.queue = [];
    this.lanes.delete(lane.key);
  }

  private async open(slots: readonly number[]): Promise<void> {
    const cursors = await this.database.query<
      Position & { destination: string; slot: number; place: string | null }
    >(sql`
      select destination, slot, seen::text, upto::text, after_id as after, place from outbox_cursor where slot = any(${slots})`);
    const found = new Map(
      cursors.map(({ destination, slot, place, ...position }) => [laneKey(destination, slot), { place, position }]),
    );
    for (const slot of slots) {
      for (const destination of this.destinations) {
        const { position, place } = found.get(laneKey(destination.name, slot))!;
        const settled = isLog(destination) && found.get(laneKey(settledName(destination.name), slot))!.position;
        const log = settled ? new LogProgress(settled, place ?? undefined) : undefined;
        this.lanes.set(laneKey(destination.name, slot), new Lane(destination, slot, position, log));
      }
    }
  }

  /** Reads new messages for every lane that has room. Lanes with the same cursor are read together. */
  private async readAll(): Promise<boolean> {
    let bound: string | null = null;
    let more = false;
    const ids: number[] = [];
    let shown: string | null = null;
    this.handOver.look();
    try {
      for (const group of this.groups()) {
        const page = await this.read(group, bound);
        if (group[0]!.read.upto === null) bound ??= page.snapshot; // one bound for all, so that lanes get the same cursor again
        more ||= page.full;
        for (const rows of page.rows.values()) for (const { sequence } of rows) ids.push(sequence);
        for (const lane of group) this.feed(lane, page);
      }
      shown = bound;
    } finally {
      for (const lane of this.lanes.values())
        lane.current = shown !== null && lane.read.upto === null && lane.read.seen === shown;
      this.hand(this.handOver.looked(ids, shown));
    }
    return more;
  }

  /** Hands messages to the lanes without a read; not to a lane that still has others to read. */
  private hand(rows: readonly OutboxMessage[]): void {
    const bySlot = Map.groupBy(rows, ({ slot }) => slot);
    for (const lane of bySlot.size > 0 ? this.lanes.values() : []) {
      const own = bySlot.get(lane.slot);
      if (!own) continue;
      if (lane.current && lane.queue.length < PREFETCH) {
        lane.hand(own);
        this.begin(lane);
      } else {
        lane.current = false;
        if (lane.queue.length >= PREFETCH) lane.starved = true;
        else this.wake();
      }
    }
    if (!this.handOver.waits) return;
    this.overdue ??= setTimeout(
      () => {
        this.overdue = undefined;
        if (this.handOver.waits) this.wake();
      },
      this.leases.alone ? PATIENCE_MS : 0,
    );
  }

  /** The lanes that have room, by cursor. Lanes that were read together share one object, so few cursors are compared. */
  private groups(): Iterable<Lane[]> {
    const shared = new Map<Position, Lane[]>();
    for (const lane of this.lanes.values()) {
      lane.starved = lane.queue.length >= PREFETCH;
      if (lane.starved) continue;
      const group = shared.get(lane.read);
      if (group) group.push(lane);
      else shared.set(lane.read, [lane]);
    }
    const places = new Map<string, Lane[]>();
    for (const [{ seen, upto, after }, lanes] of shared) {
      const place = `${seen} ${upto} ${after}`;
      const group = places.get(place);
      if (group) group.push(...lanes);
      else places.set(place, lanes);
    }
    return places.values();
  }

  private async read(group: readonly Lane[], bound: string | null): Promise<Page> {
    const { seen, upto, after } = group[0]!.read;
    const slots = [...new Set(group.map(({ slot }) => slot))];
    // Further pages walk the index on id. The first page must not, because it would begin at the oldest row: hence `id + 0`.
    const order = upto === null ? sql`id + 0` : sql`id`;
    const beyond = upto === null ? sql`` : sql`and id > ${after}`;
    const rows = await this.database.readOutbox<PageRow>(
      sql`
      with bound as (select coalesce(${upto ?? bound}::pg_snapshot, pg_current_snapshot()) as snapshot)
      select bound.snapshot::text, fresh.*
      from bound left join lateral (
        select id, slot, at, ${messageColumns}
        from outbox
        where (xid >= pg_snapshot_xmax(${seen}::pg_snapshot) or xid = any(array(select pg_snapshot_xip(${seen}::pg_snapshot))))
          and pg_visible_in_snapshot(xid, bound.snapshot)
          and slot = any(${slots}::smallint[])
          ${beyond}
        order by ${order} limit ${PAGE}
      ) fresh on true`,
    );
    const snapshot = rows[0]!.snapshot;
    const found = rows
      .filter(({ id }) => id !== null)
      .map((row) => ({ ...envelopeOf(row), sequence: row.id, slot: row.slot }));
    const full = found.length === PAGE;
    const position = full
      ? { seen, upto: snapshot, after: found.at(-1)!.sequence }
      : { seen: snapshot, upto: null, after: 0 };
    return { rows: Map.groupBy(found, ({ slot }) => slot), snapshot, full, position };
  }

  private feed(lane: Lane, { rows, position }: Page): void {
    if (lane.dropped) return;
    lane.feed(rows.get(lane.slot) ?? none, position);
    this.begin(lane);
  }

  private begin(lane: Lane): void {
    if (lane.queue.length === 0 || lane.busy) return;
    lane.busy = true;
    void this.track(this.deliver(lane));
  }

  /** Tracks work that must end before the relay has stopped. */
  private track(work: Promise<void>): Promise<void> {
    const tracked = work.finally(() => this.running.delete(tracked));
    this.running.add(tracked);
    return tracked;
  }

  private async deliver(lane: Lane): Promise<void> {
    const { destination } = lane;
    for (let failures = 0; lane.queue.length > 0 && !lane.back && !this.stopping.signal.aborted;) {
      const rows = lane.queue.slice(0, destination.batch);
      try {
        if (isLog(destination)) lane.log!.place = await destination.append(lane.slot, rows, lane.log!.place);
        else await destination.deliver(this.database.context, rows);
        lane.took(rows.length);
        failures = 0;
      } catch (error) {
        if (error instanceof Forgotten) {
          lane.back = lane.log!.settled;
          break;
        }
        failures++;
        if (failures > 3)
          this.warn(
            `"${destination.name}" cannot take messages of "${this.database.context}", trying again`,
            errorText(error),
          );
        await pause(Math.min(10 * 2 ** failures, 2_000), this.stopping.signal);
      }
    }
    if (lane.back) await this.goBack(lane, lane.back);
    lane.busy = false;
    if (lane.starved) this.wake();
    lane.starved = false;
  }

  /** Asks each log which positions all its readers have passed. */
  private async settle(): Promise<void> {
    for (const destination of this.destinations) {
      if (!isLog(destination)) continue;
      const asked = [...this.lanes.values()].flatMap((lane) => {
        const place = lane.destination === destination ? lane.log!.question(lane) : undefined;
        return place === undefined ? [] : [{ lane, slot: lane.slot, place }];
      });
      if (asked.length === 0) continue;
      try {
        const settlements = await destination.settle(asked);
        for (const [index, { lane }] of asked.entries()) {
          if (settlements[index] === 'handled') {
            lane.log!.answered();
            lane.moved = true;
          }
          if (settlements[index] === 'forgotten') await this.sendBack(lane, lane.log!.settled);
        }
      } catch (error) {
        this.warn(`"${destination.name}" does not tell what is handled`, errorText(error));
      }
    }
  }

  /** Sends lanes back where an operator asked for a replay (docs/guides/operations.md). */
  private async goBackWhereTold(): Promise<void> {
    const { slots } = this.leases;
    const told = await this.database.query<{ destination: string; slot: number; back: string }>(sql`
      select destination, slot, back::text from outbox_cursor where back is not null and slot = any(${slots})`);
    for (const { destination, slot, back } of told) {
      const lane = this.lanes.get(laneKey(destination, slot));
      if (lane && !lane.back) await this.sendBack(lane, { seen: back, upto: null, after: 0 });
    }
  }

  /** Waits for a running delivery: its messages would come between the repeated ones. */
  private async sendBack(lane: Lane, position: Position): Promise<void> {
    if (lane.busy) lane.back = position;
    else await this.goBack(lane, position);
  }

  /** Delivers again all that follows the position: a log lost messages that not every reader had handled, or an operator wants it. */
  private async goBack(lane: Lane, position: Position): Promise<void> {
    if (lane.dropped) return;
    const { destination, slot, log } = lane;
    const what = `"${destination.name}" is told messages of "${this.database.context}" again`;
    const fresh = new Lane(destination, slot, position, log && new LogProgress(position, undefined));
    // Stored first: messages appended from now on would hide the gap from the next process.
    while (!(await this.stored(fresh, what))) await pause(500, this.stopping.signal);
    if (lane.dropped || this.stopping.signal.aborted) return;
    this.warn(what, 'they are missing there, or an operator wished it');
    this.drop(lane);
    this.lanes.set(fresh.key, fresh);
    this.wake();
  }

  /** Also true where it is not to be tried again. */
  private async stored(fresh: Lane, what: string): Promise<boolean> {
    try {
      await this.store([fresh], fresh.done.seen);
      return true;
    } catch (error) {
      this.warn(`${what}: that was not stored, trying again`, errorText(error));
      return this.stopping.signal.aborted;
    }
  }

  /** Slots tend to fail together, so only the first failure is logged. */
  private warn(what: string, how: string): void {
    if (performance.now() - (this.warnedAt.get(what) ?? Number.NEGATIVE_INFINITY) < WARN_EVERY_MS) return;
    this.warnedAt.set(what, performance.now());
    this.logger.warn(`${what}: ${how}`);
  }

  private async storeCursors(): Promise<void> {
    const all = performance.now() - this.storedAllAt >= STORE_ALL_MS;
    if (all) {
      this.storedAllAt = performance.now();
      const names = this.destinations.flatMap(cursorsOf);
      await this.database.query(sql`update outbox_cursor set read_at = now() where destination = any(${names})`);
    }
    const moved = [...this.lanes.values()].filter((lane) => all || lane.moved);
    if (moved.length > 0) await this.store(moved);
  }

  /** `told` is the position of a replay that these lanes have carried out. */
  private async store(lanes: readonly Lane[], told: string | null = null): Promise<void> {
    const cursors = lanes.flatMap(({ destination, slot, done, log }) => [
      { destination: destination.name, slot, ...done, place: log?.place },
      ...(log ? [{ destination: settledName(destination.name), slot, ...log.settled }] : []),
    ]);
    for (const lane of lanes) lane.moved = false;
    try {
      await this.database.query(sql`
        update outbox_cursor cursor set
          seen = moved.seen, upto = moved.upto, after_id = moved.after, place = moved.place,
          back = nullif(back::text, ${told})::pg_snapshot
        from json_to_recordset(${JSON.stringify(cursors)}) as moved(
          destination text, slot smallint, seen pg_snapshot, upto pg_snapshot, after bigint, place text)
        where cursor.destination = moved.destination and cursor.slot = moved.slot`);
    } catch (error) {
      for (const lane of lanes) lane.moved = true;
      throw error;
    }
  }
}

const none: readonly OutboxMessage[] = [];

type PageRow = MessageRow & {
  readonly id: number;
  readonly slot: number;
  readonly at: string;
  readonly snapshot: string;
};

/** The names under which a destination's cursors are stored. */
const cursorsOf = (destination: Destination | LogDestination): string[] =>
  isLog(destination) ? [destination.name, settledName(destination.name)] : [destination.name];

interface Page {
  /** By slot. */
  readonly rows: ReadonlyMap<number, readonly OutboxMessage[]>;
  readonly snapshot: string;
  readonly full: boolean;
  readonly position: Position;
}
