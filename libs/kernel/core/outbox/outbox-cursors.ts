import type { Database } from '../database/database.js';
import { sql } from '../database/sql.js';
import type { Cursor } from './cursor.js';
import { type AnyDestination, cursorNames } from './destination.js';

/** A cursor as it is stored: one for each destination and slot. */
export interface StoredCursor extends Cursor {
  readonly destination: string;
  readonly slot: number;
  /** In a log: the position of the last message that was appended. */
  readonly position: string | null;
}

/** The cursors of one context's outbox, in its database. */
export class OutboxCursors {
  constructor(private readonly database: Database) {}

  /**
   * Gives every destination its cursors, before anything is read or written, so that no destination misses a message. The cursors
   * of a destination that was not read to for a day, while others were, are reset: its messages went another way.
   */
  async create(destinations: readonly AnyDestination[]): Promise<void> {
    if (destinations.length === 0) return;
    const wanted = JSON.stringify(
      destinations.flatMap((one) => cursorNames(one).map((destination) => ({ destination, beginning: one.from }))),
    );
    const living = sql`read_at > (select max(read_at) from outbox_cursor) - interval '1 day'`;
    const least = sql`
      select distinct on (slot) slot, seen from outbox_cursor where ${living}
      order by slot, pg_snapshot_xmin(seen), pg_snapshot_xmax(seen), (select count(*) from pg_snapshot_xip(seen)) desc`;
    await this.database.query(sql`
      update outbox_cursor former set seen = least.seen, upto = null, after_id = 0, place = null, read_at = now()
      from (${least}) least
      where former.slot = least.slot and former.destination = any(${destinations.flatMap(cursorNames)}) and not (${living})`);
    await this.database.query(sql`
      insert into outbox_cursor (destination, slot, seen)
      select destination, slot,
        case beginning when 'now' then pg_current_snapshot() when 'least' then coalesce(least.seen, '1:1:') else '1:1:' end
      from json_to_recordset(${wanted}) as wanted(destination text, beginning text)
        cross join outbox_slot left join (${least}) least using (slot)
      on conflict (destination, slot) do update set read_at = now()`);
  }

  /** Every cursor of these slots. */
  load(slots: readonly number[]): Promise<StoredCursor[]> {
    return this.database.query<StoredCursor>(sql`
      select destination, slot, seen::text, upto::text, after_id as after, place as position from outbox_cursor where slot = any(${slots})`);
  }

  /** Stores cursors. `replayed` is the replay that these lanes have carried out: it is no longer asked for. */
  async store(cursors: readonly StoredCursor[], replayed: string | null): Promise<void> {
    await this.database.query(sql`
      update outbox_cursor cursor set
        seen = moved.seen, upto = moved.upto, after_id = moved.after, place = moved.position,
        back = nullif(back::text, ${replayed})::pg_snapshot
      from json_to_recordset(${JSON.stringify(cursors)}) as moved(
        destination text, slot smallint, seen pg_snapshot, upto pg_snapshot, after bigint, position text)
      where cursor.destination = moved.destination and cursor.slot = moved.slot`);
  }

  /** Records that the destinations are still read to. */
  async keep(destinations: readonly AnyDestination[]): Promise<void> {
    const names = destinations.flatMap(cursorNames);
    await this.database.query(sql`update outbox_cursor set read_at = now() where destination = any(${names})`);
  }

  /** The replays that an operator has asked for (docs/guides/operations.md), by destination and slot. */
  replays(slots: readonly number[]): Promise<{ destination: string; slot: number; seen: string }[]> {
    return this.database.query(sql`
      select destination, slot, back::text as seen from outbox_cursor where back is not null and slot = any(${slots})`);
  }
}
