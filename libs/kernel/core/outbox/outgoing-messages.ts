import { crc32 } from 'node:zlib';
import type { OutgoingMessage } from '#kernel/messages';
import { sql } from '../database/sql.js';
import type { Written } from '../database/together.js';
import type { Closing } from '../database/transaction.js';
import type { OutboxMessage } from './destination.js';
import { SLOTS } from './kernel-tables.js';
import { messageColumns, messageRows, rowOf } from './message-rows.js';

/** Messages of one key share a slot, and a slot has one reader at a time: so a key keeps its order. */
export const slotOf = (key: string): number => crc32(key) % SLOTS;

/** A broker accepts as much, with its own additions. The limit is the same without a broker, so that no topology refuses a message that another accepts. */
export const MAX_MESSAGE_BYTES = 3 * 1024 * 1024;

/** The messages that one transaction publishes and sends. */
export class OutgoingMessages implements Closing {
  /** As the outbox has them, once they are written. */
  written: readonly OutboxMessage[] = [];
  private readonly now: OutgoingMessage[] = [];
  private readonly later: { readonly message: OutgoingMessage; readonly due: string }[] = [];

  get due(): readonly string[] {
    return this.later.map(({ due }) => due);
  }

  add(message: OutgoingMessage, due: string | undefined): void {
    if (due === undefined) this.now.push(message);
    else this.later.push({ message, due });
  }

  statements(): Written[] {
    const statements: Written[] = [];
    if (this.later.length > 0) {
      const rows = this.later.map(({ message, due }) => ({ ...rowOf(message), slot: slotOf(message.key), due }));
      const statement = sql`
        insert into outbox_timer (${messageColumns}, slot, due)
        select ${messageColumns}, slot, due from ${messageRows(rows, sql`slot smallint, due timestamptz`)}`;
      statements.push({ statement });
    }
    if (this.now.length > 0) {
      const rows = this.now.map((message, line) => ({ ...rowOf(message), slot: slotOf(message.key), line }));
      const statement = sql`
        insert into outbox (${messageColumns}, slot)
        select ${messageColumns}, slot from ${messageRows(rows, sql`slot smallint, line integer`)}
        where true order by line returning id`;
      statements.push({ statement, last: true });
    }
    const text = statements.reduce((length, { statement }) => length + String(statement.values[0]).length, 0);
    // A character takes at most three bytes.
    if (text * 3 > MAX_MESSAGE_BYTES)
      for (const message of [...this.now, ...this.later.map((one) => one.message)]) refuseTooLarge(message);
    return statements;
  }

  /** `ids` are the numbers that the outbox gave the messages, in order; `at` is the transaction's time. */
  answered({ ids, at }: { readonly ids: readonly number[]; readonly at: string }): void {
    this.written = this.now.map((message, line) => ({
      ...message,
      sequence: ids[line]!,
      slot: slotOf(message.key),
      payload: JSON.parse(JSON.stringify(message.payload)) as unknown,
      at,
    }));
  }
}

/** @throws Error where a message is larger than MAX_MESSAGE_BYTES */
function refuseTooLarge({ name, payload, headers }: OutgoingMessage): void {
  const bytes = Buffer.byteLength(JSON.stringify({ payload, headers }));
  if (bytes > MAX_MESSAGE_BYTES)
    throw new Error(`${name} is too large: ${bytes} bytes, of ${MAX_MESSAGE_BYTES} at most`);
}
