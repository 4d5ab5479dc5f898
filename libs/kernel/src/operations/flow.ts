import type { Database } from '../database/database.js';
import { sql } from '../database/sql.js';

interface PublishedRow {
  readonly id: string;
  readonly name: string;
  readonly key: string;
  readonly destination: string | null;
  readonly at: string;
  readonly timer: boolean;
  readonly causationId: string | null;
  readonly payload: unknown;
}

/** What a context published in a flow and is still kept, and its timers that wait; in order of id. */
export function published(database: Database, correlationId: string, limit: number): Promise<PublishedRow[]> {
  return database.query(sql`
    select message_id as id, name, key, destination, at, false as timer, causation_id as "causationId", payload
    from outbox where correlation_id = ${correlationId}
    union all
    select message_id, name, key, destination, due, true, causation_id, payload
    from outbox_timer where correlation_id = ${correlationId}
    order by 1 limit ${limit}`);
}

interface TakenRow {
  readonly messageId: string;
  readonly subscriber: string;
  readonly takenAt: string;
  readonly parked: {
    readonly attempts: number;
    readonly error: { code: string; message: string } | null;
    readonly nextAttemptAt: string | null;
  } | null;
}

/** Which of the messages came to a context, and what became of them at each of its subscribers. */
export async function taken(database: Database, messageIds: readonly string[]): Promise<TakenRow[]> {
  const rows = await database.query<
    Omit<TakenRow, 'parked'> & { attempts: number | null; nextAttemptAt: string | null } & Pick<
        NonNullable<TakenRow['parked']>,
        'error'
      >
  >(sql`
    select message_id as "messageId", subscriber, inbox.at as "takenAt", attempts, error,
      case when not dead then due end as "nextAttemptAt"
    from inbox left join inbox_parked using (message_id, subscriber)
    where message_id = any(${messageIds}::uuid[]) order by inbox.at, subscriber`);
  return rows.map(({ attempts, error, nextAttemptAt, ...row }) => ({
    ...row,
    parked: attempts === null ? null : { attempts, error, nextAttemptAt },
  }));
}
