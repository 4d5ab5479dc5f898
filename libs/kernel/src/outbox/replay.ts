import type { Database } from '../database/database.js';
import { sql } from '../database/sql.js';

export interface Replay {
  /** How many messages are told again; the inboxes drop those that they had. */
  readonly messages: number;
  readonly destinations: string[];
}

/**
 * Lets a context's relay go back to the first message of an instant, for one destination or all of them. Who has not come so far
 * stays where it is. It goes back within seconds, in whichever process reads the outbox.
 *
 * It goes back to what its place shows of the transactions before that message's. Those that were running then, in any database
 * of the server, stay to be read.
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

/** Whether the outbox has a place for it. */
export async function isReadTo(database: Database, destination: string): Promise<boolean> {
  const row = await database.one(sql`
    select 1 from outbox_cursor where destination = ${destination} and destination not like '%/settled' limit 1`);
  return row !== undefined;
}
