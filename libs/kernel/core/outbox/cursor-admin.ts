import pg from 'pg';
import { startupOptions } from '../database/data-source.js';
import { SLOTS } from './kernel-tables.js';

const TIMEOUTS = { statement_timeout: 30_000, lock_timeout: 10_000 };

/** The cursors of one context's outbox, for an operator who works on them from outside a process of the context. */
export class CursorAdmin {
  private constructor(private readonly client: pg.Client) {}

  /** @throws Error where the database cannot be reached */
  static async connect(context: string, url: string): Promise<CursorAdmin> {
    const client = new pg.Client({
      connectionString: url,
      application_name: `cleave ${context} cursors`,
      connectionTimeoutMillis: 5_000,
      options: startupOptions(context, TIMEOUTS),
    });
    client.on('error', () => undefined); // the failed query reports it
    await client.connect();
    return new CursorAdmin(client);
  }

  /** The destinations that have no cursor. */
  async missing(destinations: readonly string[]): Promise<string[]> {
    const { rows } = await this.client.query<{ name: string }>(
      `select name from unnest($1::text[]) name
      where (select count(*) from outbox_cursor where destination = name) < $2`,
      [destinations, SLOTS],
    );
    return rows.map(({ name }) => name);
  }

  /** How many messages one of the destinations may not have handled. */
  async waiting(destinations: readonly string[]): Promise<number> {
    const { rows } = await this.client.query<{ waiting: number }>(
      `select count(*)::int as waiting from outbox o
      where xid >= (select min(pg_snapshot_xmin(seen)) from outbox_cursor where destination = any($1))
        and exists (select 1 from outbox_cursor c where c.slot = o.slot and c.destination = any($1)
          and not pg_visible_in_snapshot(o.xid, c.seen))`,
      [destinations],
    );
    return rows[0]!.waiting;
  }

  /** Deletes the cursors of destinations that no process reads to any more: they would keep old partitions from being dropped. */
  async forget(destinations: readonly string[]): Promise<void> {
    await this.client.query('delete from outbox_cursor where destination = any($1)', [destinations]);
  }

  close(): Promise<void> {
    return this.client.end();
  }
}
