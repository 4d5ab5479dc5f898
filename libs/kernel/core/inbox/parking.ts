import { Logger } from '@nestjs/common';
import { Alarm, errorMessage, errorStack, errorText } from '#kernel/base';
import { Failure, type MessageEnvelope } from '#kernel/messages';
import type { Database } from '../database/database.js';
import { type Sql, sql } from '../database/sql.js';
import type { Transaction } from '../database/transaction.js';
import { envelopeOf, messageColumns, type MessageRow, messageRows, rowOf } from '../outbox/message-rows.js';
import type { Handlers, Receiver } from './receiver.js';

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

type ParkedRow = MessageRow & ParkedState & { readonly at: string };

const columns = sql`${messageColumns}, parked.at, subscriber, publisher, attempts, due, dead, error`;

const parkedOf = (row: ParkedRow): ParkedMessage => {
  const { subscriber, publisher, attempts, due, dead, error } = row;
  return { ...envelopeOf(row), subscriber, publisher, attempts, due, dead, error };
};

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

export interface ParkingOptions {
  readonly instance: string;
  readonly maxAttempts: number;
  readonly concurrency: number;
}

const LEASE_SECONDS = 10;
const POLL_MS = 1_000;

/**
 * The parked messages of one context. A message that fails waits here, and later messages of its key wait behind it, while
 * everything else flows. A worker takes the first of each key when it is due. Retries with backoff, dead letters, redrive
 * and discard work on these rows alone, on every transport. Commands whose handlers talk to the outside world run from here.
 */
export class Parking {
  private readonly logger = new Logger('Parking');
  private readonly alarm = new Alarm();
  private readonly receivers = new Map<string, Receiver>();
  private readonly working = new Set<Promise<void>>();
  private stopping = false;
  /** Messages may wait behind those that are being handled. */
  private waiting = true;
  private loop: Promise<void> | undefined;

  constructor(
    private readonly database: Database,
    private readonly handlers: Handlers,
    private readonly options: ParkingOptions,
  ) {}

  serve(receiver: Receiver): void {
    this.receivers.set(receiver.name, receiver);
  }

  /** Ends the leases that this instance had before a restart. Runs before any message is accepted. */
  async reclaim(): Promise<void> {
    await this.database.query(
      sql`update inbox_parked set until = null where holder = ${this.options.instance} and until is not null`,
    );
  }

  start(): void {
    this.loop = this.run();
  }

  /** There may be messages to handle: poll now. */
  wake(): void {
    this.waiting = true;
    this.alarm.wake();
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.alarm.wake();
    await this.loop;
    await Promise.all(this.working);
  }

  /**
   * Accepts a message whose handler runs outside any transaction: leased and begun at once where there is room and no message
   * of its key waits.
   */
  async admit(subscriber: string, publisher: string, message: MessageEnvelope): Promise<void> {
    const room = !this.stopping && this.working.size < this.options.concurrency;
    const { id, key } = message;
    const [parked] = await this.database.query<ParkedRow & { holder: string | null }>(sql`
      with fresh as (
        insert into inbox (message_id, subscriber) values (${id}, ${subscriber}) on conflict do nothing returning message_id
      )
      insert into inbox_parked as parked (${messageColumns}, at, subscriber, publisher, holder, until, attempts)
      select ${messageColumns}, at, ${subscriber}, ${publisher}, case when leased then ${this.options.instance} end,
        case when leased then now() + make_interval(secs => ${LEASE_SECONDS}) end, leased::int
      from fresh join ${parkedRows(message)} using (message_id), (
        select ${room}::boolean and not exists (
          select 1 from inbox_parked where subscriber = ${subscriber} and publisher = ${publisher} and key = ${key}) as leased) lease
      returning ${columns}, parked.holder`);
    if (!parked) return; // accepted before
    if (parked.holder) this.begin(parkedOf(parked));
    else this.wake();
  }

  /** Parks a message in the current transaction: after a failure for its first retry, else to be handled as soon as it can be. */
  async park(subscriber: string, publisher: string, message: MessageEnvelope, failure?: unknown): Promise<void> {
    const failed = failure === undefined ? 0 : 1;
    await this.database.query(sql`
      insert into inbox_parked (${messageColumns}, at, subscriber, publisher, attempts, due, error)
      select ${messageColumns}, at, ${subscriber}, ${publisher}, ${failed}::integer,
        now() + make_interval(secs => ${failed ? backoffSeconds(1) : 0}), ${failed ? describe(failure) : null}::json
      from ${parkedRows(message)}`);
    if (failed)
      this.logger.warn(`${message.name} ${message.id} failed at ${subscriber}, parked: ${errorText(failure)}`);
    this.afterCommit();
  }

  /** Dead letters of this context, oldest message first; with `retrying` also messages that failed and are still being tried. */
  async deadLetters({ limit = 100, after, retrying = false }: DeadLettersAsked = {}): Promise<DeadLetter[]> {
    const beyond = after
      ? sql`and message_id >= ${after.messageId} and (message_id > ${after.messageId} or subscriber collate "C" > ${after.subscriber})`
      : sql``;
    const rows = await this.database.query<ParkedRow & { readonly parked_at: string; readonly waiting: number }>(sql`
      select ${columns}, coalesce(inbox.at, parked.at) as parked_at, (
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
    this.afterCommit();
    return rows.length > 0;
  }

  /** Discards a dead letter; the messages behind it go on. @returns false where there is no such dead letter */
  async discard(messageId: string, subscriber: string): Promise<boolean> {
    const rows = await this.database.query(sql`
      delete from inbox_parked where message_id = ${messageId} and subscriber = ${subscriber} and dead returning 1`);
    this.afterCommit();
    return rows.length > 0;
  }

  private afterCommit(): void {
    // The row is visible after the commit; a poll before that would find nothing.
    const wake = () => this.wake();
    const transaction = this.database.currentTransaction();
    if (transaction) transaction.afterCommit.push(wake);
    else wake();
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      let wait = POLL_MS;
      try {
        const free = this.options.concurrency - this.working.size;
        const claimed = free > 0 ? await this.claim(free) : [];
        for (const message of claimed) this.begin(message);
        if (claimed.length < free && (this.waiting || claimed.length > 0)) wait = await this.untilNext();
      } catch (error) {
        this.logger.warn(`parked messages of "${this.database.context}" not read, trying again: ${errorText(error)}`);
      }
      await this.alarm.sleep(wait);
    }
  }

  private begin(message: ParkedMessage): void {
    const work = this.work(message)
      .catch((error: unknown) =>
        this.logger.warn(`${message.name} ${message.id} stays leased for a while: ${errorText(error)}`),
      )
      .finally(() => {
        this.working.delete(work);
        if (this.waiting) this.alarm.wake();
      });
    this.working.add(work);
  }

  /** Leases the first message of each key that is due. */
  private async claim(count: number): Promise<ParkedMessage[]> {
    const rows = await this.database.query<ParkedRow>(sql`
      update inbox_parked as parked set holder = ${this.options.instance}, until = now() + make_interval(secs => ${LEASE_SECONDS}), attempts = attempts + 1
      where (message_id, subscriber) in (
        select message_id, subscriber from inbox_parked next
        where not dead and due <= now() and (until is null or until < now())
          and subscriber = any(${[...this.receivers.keys()]})
          and not exists (
            select 1 from inbox_parked earlier
            where earlier.subscriber = next.subscriber and earlier.publisher = next.publisher and earlier.key = next.key and earlier.seq < next.seq)
        order by due limit ${count} for update skip locked)
      returning ${columns}`);
    return rows.map(parkedOf);
  }

  /** Milliseconds until some message that is not leased comes due, or some lease ends. */
  private async untilNext(): Promise<number> {
    const row = await this.database.one<{ wait: number | null }>(sql`
      select extract(epoch from min(greatest(due, coalesce(until, due))) - now())::float8 * 1000 as wait
      from inbox_parked where not dead and greatest(due, coalesce(until, due)) > now()`);
    this.waiting = row?.wait != null;
    return Math.max(1, Math.min(POLL_MS, row?.wait ?? POLL_MS));
  }

  private async work(message: ParkedMessage): Promise<void> {
    const { publisher } = message;
    const receiver = this.receivers.get(message.subscriber)!;
    let left = false;
    const closing = async (transaction: Transaction) => {
      await transaction.write({
        statement: this.leaving(message),
        refused: () => new Error('the lease was lost: another process has gone on'),
      });
      transaction.afterCommit.push(() => (left = true));
    };
    try {
      if (receiver.runsOutside(message)) {
        await this.handlers.handle(receiver, publisher, message, { closing });
        if (!left) await this.database.query(this.leaving(message)); // a missing row means that another process has taken over
      } else {
        await this.database.transaction(async () => {
          const transaction = this.database.currentTransaction()!;
          transaction.again = true;
          await this.handlers.handle(receiver, publisher, message);
          await closing(transaction);
        });
      }
    } catch (error) {
      await this.failed(message, error);
    }
  }

  /** Deletes the parked row, together with the effects of the handler; not where the lease was lost. */
  private leaving({ id, subscriber, attempts }: ParkedMessage): Sql {
    return sql`
      delete from inbox_parked
      where message_id = ${id} and subscriber = ${subscriber} and holder = ${this.options.instance} and attempts = ${attempts}
      returning 1`;
  }

  private async failed(message: ParkedMessage, error: unknown): Promise<void> {
    const { attempts, subscriber, id, name } = message;
    const dead = attempts >= this.options.maxAttempts;
    this.waiting = true;
    await this.database.query(sql`
      update inbox_parked set holder = null, until = null, dead = ${dead}, error = ${describe(error)},
        due = now() + make_interval(secs => ${backoffSeconds(attempts)})
      where message_id = ${id} and subscriber = ${subscriber} and holder = ${this.options.instance} and attempts = ${attempts}`);
    const what = `${name} ${id} failed at ${subscriber}, attempt ${attempts}: ${errorText(error)}`;
    if (dead) this.logger.error(`${what}; it is a dead letter now`, errorStack(error));
    else this.logger.warn(what);
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
