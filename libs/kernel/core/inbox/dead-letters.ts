import type { Database } from '../database/database.js';
import { sql } from '../database/sql.js';
import { parkedColumns, type ParkedMessage, parkedOf, type ParkedRow } from './parked-messages.js';
import type { ParkingWorker } from './parking-worker.js';

/** A message that failed, with the time when it was parked and how many of its key wait behind it. */
export interface DeadLetter extends ParkedMessage {
  readonly parkedAt: string;
  readonly waiting: number;
}

/** Selects dead letters: those after `after`, in order of message id and subscriber. */
export interface DeadLettersAsked {
  readonly limit?: number;
  readonly after?: { readonly messageId: string; readonly subscriber: string } | undefined;
  readonly retrying?: boolean;
}

/** The parked messages of one context that failed, for its operators. */
export class DeadLetters {
  constructor(
    private readonly database: Database,
    private readonly worker: ParkingWorker,
  ) {}

  /** Oldest message first; with `retrying` also messages that failed and are still being tried. */
  async list({ limit = 100, after, retrying = false }: DeadLettersAsked = {}): Promise<DeadLetter[]> {
    const beyond = after
      ? sql`and message_id >= ${after.messageId} and (message_id > ${after.messageId} or subscriber collate "C" > ${after.subscriber})`
      : sql``;
    const rows = await this.database.query<ParkedRow & { readonly parked_at: string; readonly waiting: number }>(sql`
      select ${parkedColumns}, coalesce(inbox.at, parked.at) as parked_at, (
        select count(*)::int from inbox_parked later
        where later.subscriber = parked.subscriber and later.publisher = parked.publisher and later.key = parked.key and later.seq > parked.seq
      ) as waiting
      from inbox_parked parked left join inbox using (message_id, subscriber)
      where (dead or (${retrying} and error is not null)) ${beyond}
      order by message_id, subscriber collate "C" limit ${limit}`);
    return rows.map((row) => ({ ...parkedOf(row), parkedAt: row.parked_at, waiting: row.waiting }));
  }

  /** Brings a dead letter back to life, with all its attempts. @returns false where there is no such dead letter */
  async redrive(messageId: string, subscriber: string): Promise<boolean> {
    const rows = await this.database.query(sql`
      update inbox_parked set dead = false, attempts = 0, due = now() where message_id = ${messageId} and subscriber = ${subscriber} and dead returning 1`);
    this.database.afterCommit(() => this.worker.wake());
    return rows.length > 0;
  }

  /** Discards a dead letter; the messages behind it go on. @returns false where there is no such dead letter */
  async discard(messageId: string, subscriber: string): Promise<boolean> {
    const rows = await this.database.query(sql`
      delete from inbox_parked where message_id = ${messageId} and subscriber = ${subscriber} and dead returning 1`);
    this.database.afterCommit(() => this.worker.wake());
    return rows.length > 0;
  }
}
