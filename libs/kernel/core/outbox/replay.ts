import type { Database } from '../database/database.js';
import { sql } from '../database/sql.js';

export interface Replay {
  /** How many messages are delivered again; the inboxes drop repeats. */
  readonly messages: number;
  readonly destinations: string[];
}

/**
 * Sends a context's relay back to the first message since an instant, for one destination or all of them. A destination that has
 * not come so far stays where it is. The relay goes back within seconds, in whichever process reads the outbox.
 *
 * The new cursor is the old one without the transactions from that message's on. Transactions that were running then, in any
 * database of the server, remain to be read.
 */
export async function replay(database: Database, since: string, destination: string | undefined): Promise<Replay> {
  const [told] = await database.query<Replay>(sql`
    with first as (select min(xid) as xid, count(*)::int as messages from outbox where at >= ${since}),
    place as (
      select cursor.destination, cursor.slot, coalesce(settled.seen, cursor.seen) as seen
      from outbox_cursor cursor left join outbox_cursor settled
        on settled.slot = cursor.slot and settled.destination = cursor.destination || '/settled'
      where cursor.destination not like '%/settled' and cursor.destination = coalesce(${destination ?? null}, cursor.destination)
        and pg_snapshot_xmax(coalesce(cursor.upto, cursor.seen)) > (select xid from first)
    ),
    told as (
      update outbox_cursor cursor
      set back = format('%s:%s:%s', least(pg_snapshot_xmin(place.seen), bound), bound, running)::pg_snapshot
      from place, first,
        least(pg_snapshot_xmax(place.seen), first.xid) bound,
        lateral (select string_agg(xid::text, ',' order by xid) as running from pg_snapshot_xip(place.seen) xid where xid < bound) _
      where cursor.destination = place.destination and cursor.slot = place.slot
      returning cursor.destination
    )
    select messages, array(select distinct destination from told order by 1) as destinations from first`);
  return told!;
}

/** Whether the outbox has a cursor for the destination. */
export async function isReadTo(database: Database, destination: string): Promise<boolean> {
  const row = await database.one(sql`
    select 1 from outbox_cursor where destination = ${destination} and destination not like '%/settled' limit 1`);
  return row !== undefined;
}
