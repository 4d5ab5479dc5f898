import type { MessageEnvelope } from '#kernel/messages';
import type { Database } from '../database/database.js';
import { sql } from '../database/sql.js';
import { envelopeOf, messageColumns, type MessageRow } from '../outbox/message-rows.js';

/** `at` is when it was published, or, of a timer, when it will be. */
interface PublishedMessage extends MessageEnvelope {
  readonly timer: boolean;
}

/** The messages of a flow that a context published and still keeps, and its timers that wait; in order of id. */
export async function published(database: Database, correlationId: string, limit: number): Promise<PublishedMessage[]> {
  const rows = await database.query<MessageRow & { at: string; timer: boolean }>(sql`
    select ${messageColumns}, at, false as timer from outbox where correlation_id = ${correlationId}
    union all
    select ${messageColumns}, due, true from outbox_timer where correlation_id = ${correlationId}
    order by 1 limit ${limit}`);
  return rows.map((row) => ({ ...envelopeOf(row), timer: row.timer }));
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
