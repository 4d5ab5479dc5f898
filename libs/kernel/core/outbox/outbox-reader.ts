import type { Database } from '../database/database.js';
import { sql } from '../database/sql.js';
import { type Cursor, cursorAt } from './cursor.js';
import type { OutboxMessage } from './destination.js';
import { envelopeOf, messageColumns, type MessageRow } from './message-rows.js';

const PAGE = 1_000;

/** The messages that follow a cursor. */
export interface Page {
  readonly messages: readonly OutboxMessage[];
  /** The cursor after these messages. */
  readonly cursor: Cursor;
  /** The snapshot up to which was read. */
  readonly snapshot: string;
  /** There may be more messages up to the snapshot. */
  readonly full: boolean;
}

type PageRow = MessageRow & {
  readonly id: number;
  readonly slot: number;
  readonly at: string;
  readonly snapshot: string;
};

/** Reads one context's outbox, a page at a time. */
export class OutboxReader {
  constructor(private readonly database: Database) {}

  /** Reads on from a cursor in some slots: up to the snapshot that its last page began with, else up to `snapshot`, else up to now. */
  async read({ seen, upto, after }: Cursor, slots: readonly number[], snapshot: string | null): Promise<Page> {
    // Further pages walk the index on id. The first page must not, because it would begin at the oldest row: hence `id + 0`.
    const order = upto === null ? sql`id + 0` : sql`id`;
    const beyond = upto === null ? sql`` : sql`and id > ${after}`;
    const rows = await this.database.readOutbox<PageRow>(
      sql`
      with bound as (select coalesce(${upto ?? snapshot}::pg_snapshot, pg_current_snapshot()) as snapshot)
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
    const bound = rows[0]!.snapshot;
    const messages = rows
      .filter(({ id }) => id !== null) // the left join answers one row without a message where there is none
      .map((row) => ({ ...envelopeOf(row), sequence: row.id, slot: row.slot }));
    const full = messages.length === PAGE;
    const cursor = full ? { seen, upto: bound, after: messages.at(-1)!.sequence } : cursorAt(bound);
    return { messages, cursor, snapshot: bound, full };
  }
}
