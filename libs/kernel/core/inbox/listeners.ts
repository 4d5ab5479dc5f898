import type { SubscriberEntry } from '../bus/registry.js';
import type { Database } from '../database/database.js';
import { sql } from '../database/sql.js';

/**
 * Which messages the subscribers of one context listen to, over all versions of its running processes. While a new version is
 * rolled out, an old process reads messages that only the new one understands, and parks them for it.
 */
export class Listeners {
  private readonly own: readonly { subscriber: string; message: string }[];
  private all = new Set<string>();

  constructor(
    private readonly database: Database,
    subscribers: readonly SubscriberEntry[],
  ) {
    this.own = subscribers
      .filter(({ context }) => context === database.context)
      .flatMap(({ name, listeners }) => [...listeners.keys()].map((message) => ({ subscriber: name, message })));
  }

  /** The subscribers that have listened before, in any process. */
  async known(): Promise<Set<string>> {
    const rows = await this.database.query<{ subscriber: string }>(sql`select distinct subscriber from inbox_listener`);
    return new Set(rows.map(({ subscriber }) => subscriber));
  }

  /** Publishes what this process listens to, and learns what others do. An entry is renewed each minute and valid for ten. */
  async renew(): Promise<void> {
    const rows = await this.database.query<{ subscriber: string; message: string }>(sql`
      with own as (
        insert into inbox_listener as former (subscriber, message)
        select subscriber, message from json_to_recordset(${JSON.stringify(this.own)}) as own(subscriber text, message text)
        on conflict (subscriber, message) do update set at = now() where former.at < now() - interval '1 minute'
      )
      select subscriber, message from inbox_listener where at > now() - interval '10 minutes'`);
    this.all = new Set(rows.map(({ subscriber, message }) => `${subscriber} ${message}`));
  }

  /** Whether a process of another version listens. */
  elsewhere(subscriber: string, message: string): boolean {
    return this.all.has(`${subscriber} ${message}`);
  }
}
