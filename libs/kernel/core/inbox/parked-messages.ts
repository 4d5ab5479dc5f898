import { errorMessage } from '#kernel/base';
import { Failure, type MessageEnvelope } from '#kernel/messages';
import type { Database } from '../database/database.js';
import { type Sql, sql } from '../database/sql.js';
import { envelopeOf, messageColumns, type MessageRow, messageRows, rowOf } from '../outbox/message-rows.js';

/** A message that waits in the subscriber's own schema: for its retry, for a message before it, or, dead, for a human. */
export interface ParkedMessage extends MessageEnvelope, ParkedState {}

/** The columns of a parked message beside the message itself. */
interface ParkedState {
  readonly subscriber: string;
  readonly publisher: string;
  readonly attempts: number;
  readonly due: string;
  readonly dead: boolean;
  readonly error: { code: string; message: string } | null;
}

/** A message, for whom it is and from where it came. */
export interface Arrival {
  readonly subscriber: string;
  readonly publisher: string;
  readonly message: MessageEnvelope;
}

export type ParkedRow = MessageRow & ParkedState & { readonly at: string };

export const parkedColumns = sql`${messageColumns}, parked.at, subscriber, publisher, attempts, due, dead, error`;

export const parkedOf = (row: ParkedRow): ParkedMessage => {
  const { subscriber, publisher, attempts, due, dead, error } = row;
  return { ...envelopeOf(row), subscriber, publisher, attempts, due, dead, error };
};

const LEASE_SECONDS = 10;

/** The parked messages of one context, in its database. A process handles one under a lease, the first of each key alone. */
export class ParkedMessages {
  constructor(
    private readonly database: Database,
    /** Holds the leases. */
    private readonly instance: string,
  ) {}

  /** Ends the leases that this instance had before a restart. */
  async reclaim(): Promise<void> {
    await this.database.query(
      sql`update inbox_parked set until = null where holder = ${this.instance} and until is not null`,
    );
  }

  /**
   * Records that the message is accepted and parks it, in one statement; with `lease` it is leased at once, where no message of
   * its key waits. @returns undefined where it was accepted before
   */
  async accept(
    { subscriber, publisher, message }: Arrival,
    lease: boolean,
  ): Promise<{ parked: ParkedMessage; leased: boolean } | undefined> {
    const { id, key } = message;
    const [row] = await this.database.query<ParkedRow & { holder: string | null }>(sql`
      with fresh as (
        insert into inbox (message_id, subscriber) values (${id}, ${subscriber}) on conflict do nothing returning message_id
      )
      insert into inbox_parked as parked (${messageColumns}, at, subscriber, publisher, holder, until, attempts)
      select ${messageColumns}, at, ${subscriber}, ${publisher}, case when leased then ${this.instance} end,
        case when leased then now() + make_interval(secs => ${LEASE_SECONDS}) end, leased::int
      from fresh join ${parkedRows(message)} using (message_id), (
        select ${lease}::boolean and not exists (
          select 1 from inbox_parked where subscriber = ${subscriber} and publisher = ${publisher} and key = ${key}) as leased) lease
      returning ${parkedColumns}, parked.holder`);
    return row && { parked: parkedOf(row), leased: row.holder !== null };
  }

  /** Parks a message: after a failure for its first retry, else to be handled as soon as it can be. */
  async add({ subscriber, publisher, message }: Arrival, failure?: unknown): Promise<void> {
    const failed = failure === undefined ? 0 : 1;
    await this.database.query(sql`
      insert into inbox_parked (${messageColumns}, at, subscriber, publisher, attempts, due, error)
      select ${messageColumns}, at, ${subscriber}, ${publisher}, ${failed}::integer,
        now() + make_interval(secs => ${failed ? backoffSeconds(1) : 0}), ${failed ? describe(failure) : null}::json
      from ${parkedRows(message)}`);
  }

  /** Leases the first message of each key that is due. */
  async lease(count: number, subscribers: readonly string[]): Promise<ParkedMessage[]> {
    const rows = await this.database.query<ParkedRow>(sql`
      update inbox_parked as parked set holder = ${this.instance}, until = now() + make_interval(secs => ${LEASE_SECONDS}), attempts = attempts + 1
      where (message_id, subscriber) in (
        select message_id, subscriber from inbox_parked next
        where not dead and due <= now() and (until is null or until < now())
          and subscriber = any(${subscribers})
          and not exists (
            select 1 from inbox_parked earlier
            where earlier.subscriber = next.subscriber and earlier.publisher = next.publisher and earlier.key = next.key and earlier.seq < next.seq)
        order by due limit ${count} for update skip locked)
      returning ${parkedColumns}`);
    return rows.map(parkedOf);
  }

  /** Milliseconds until some message that is not leased comes due, or some lease ends; undefined where none will. */
  async nextDueMs(): Promise<number | undefined> {
    const row = await this.database.one<{ wait: number | null }>(sql`
      select extract(epoch from min(greatest(due, coalesce(until, due))) - now())::float8 * 1000 as wait
      from inbox_parked where not dead and greatest(due, coalesce(until, due)) > now()`);
    return row?.wait ?? undefined;
  }

  /** The statement that deletes a message that is handled: it touches no row where the lease was lost. */
  removal({ id, subscriber, attempts }: ParkedMessage): Sql {
    return sql`
      delete from inbox_parked
      where message_id = ${id} and subscriber = ${subscriber} and holder = ${this.instance} and attempts = ${attempts}
      returning 1`;
  }

  /** Ends the lease of a message that failed: it is tried again later, or is dead. Does nothing where the lease was lost. */
  async fail({ id, subscriber, attempts }: ParkedMessage, error: unknown, dead: boolean): Promise<void> {
    await this.database.query(sql`
      update inbox_parked set holder = null, until = null, dead = ${dead}, error = ${describe(error)},
        due = now() + make_interval(secs => ${backoffSeconds(attempts)})
      where message_id = ${id} and subscriber = ${subscriber} and holder = ${this.instance} and attempts = ${attempts}`);
  }
}

const parkedRows = (message: MessageEnvelope): Sql =>
  messageRows([{ ...rowOf(message), at: message.at }], sql`at timestamptz`);

/** 0.1 s, then three times as long each time, a minute at most. */
const backoffSeconds = (attempts: number): number => Math.min(60, 0.1 * 3 ** (attempts - 1));

/** The error as it is stored with the message and shown to operators. */
function describe(error: unknown): string {
  const code = error instanceof Failure ? error.code : 'internal';
  return JSON.stringify({ code, message: errorMessage(error) });
}
