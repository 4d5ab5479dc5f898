import { crc32 } from 'node:zlib';
import { sql } from '../database/sql.js';
import type { Written } from '../database/together.js';
import type { Outgoing, Transaction } from '../database/transaction.js';
import { ContractError } from '../messages/contract-error.js';
import { contractOf, keyOf } from '../messages/message.js';
import { ambient } from '../runtime/ambient.js';
import type { OutboxRow } from './destination.js';
import { SLOTS } from './kernel-tables.js';

/** Messages of one key share a slot, and a slot has one reader at a time: that is what keeps a key's order. */
export const slotOf = (key: string): number => crc32(key) % SLOTS;

/**
 * Sends a command, inside the current transaction: its owner shall do this, now or at a time. It is written with the
 * transaction, survives everything, and takes effect once. What comes of it is told by the owner's events.
 * @param options.at an instant (ISO 8601); earlier ones count as now
 * @throws ZodError when the command does not have its contract's shape
 */
export function send(command: object, options: { at?: string } = {}): void {
  const { kind, messageName, context } = contractOf(command);
  if (kind !== 'command') throw new ContractError(`${messageName} is a ${kind}; only commands are sent`);
  enlist(currentTransaction(messageName), command, context, options.at ?? null);
}

/** Writes an aggregate's event with the current transaction. Repositories call this; nothing else does. */
export function publish(event: object): void {
  const { messageName, context } = contractOf(event);
  const transaction = currentTransaction(messageName);
  if (transaction.database.context !== context) {
    throw new Error(`${messageName} belongs to "${context}"; "${transaction.database.context}" cannot publish it`);
  }
  enlist(transaction, event, null, null);
}

function currentTransaction(what: string): Transaction {
  const transaction = ambient()?.transaction;
  if (!transaction)
    throw new Error(
      `${what} must be sent or published inside a transaction: it is written with the change it belongs to`,
    );
  return transaction;
}

function enlist(transaction: Transaction, message: object, destination: string | null, due: string | null): void {
  const contract = contractOf(message);
  const id = transaction.database.options.ids.next();
  const { correlationId = id, causationId = null } = ambient() ?? {};
  transaction.outgoing.push({
    id,
    name: contract.messageName,
    key: keyOf(message) ?? id,
    destination,
    payload: contract.input.parse({ ...message }),
    metadata: { correlationId, causationId },
    due,
  });
}

/** The statements that write what a transaction gathered, in order. */
export function outgoingStatements(outgoing: readonly Outgoing[]): Written[] {
  const now = outgoing.filter(({ due }) => due === null);
  const later = outgoing.filter(({ due }) => due !== null);
  const statements: Written[] = [];
  if (later.length > 0) {
    const statement = sql`
      insert into outbox_timer (message_id, slot, name, key, destination, payload, correlation_id, causation_id, due)
      select message_id, slot, name, key, destination, payload, correlation_id, causation_id, due
      from json_to_recordset(${rows(later)}) as row(
        message_id uuid, slot smallint, name text, key text, destination text, payload json, correlation_id text, causation_id uuid, due timestamptz)`;
    statements.push({ statement });
  }
  if (now.length > 0) {
    const statement = sql`
      insert into outbox (message_id, slot, name, key, destination, payload, correlation_id, causation_id)
      select message_id, slot, name, key, destination, payload, correlation_id, causation_id
      from json_to_recordset(${rows(now)}) as row(
        message_id uuid, slot smallint, name text, key text, destination text, payload json, correlation_id text, causation_id uuid, line integer)
      where true order by line returning id`;
    statements.push({ statement, last: true });
  }
  return statements;
}

/** What the last statement of a transaction answers where it wrote messages. */
export interface Placed {
  readonly ids: readonly number[];
  readonly at: string;
}

/** The messages that were written, as whoever reads them finds them. */
export function placedRows(outgoing: readonly Outgoing[], { ids, at }: Placed): OutboxRow[] {
  return outgoing
    .filter(({ due }) => due === null)
    .map(({ id, name, key, destination, payload, metadata }, line) => ({
      id: ids[line]!,
      message_id: id,
      slot: slotOf(key),
      name,
      key,
      destination,
      payload: JSON.parse(JSON.stringify(payload)) as unknown,
      correlation_id: metadata.correlationId,
      causation_id: metadata.causationId,
      at,
    }));
}

/** What a broker carries with its envelope; the same where there is none, so that a message does not fail by the topology. */
export const MAX_MESSAGE_BYTES = 3 * 1024 * 1024;

/** @throws Error where a message is larger than MAX_MESSAGE_BYTES */
function rows(messages: readonly Outgoing[]): string {
  const text = JSON.stringify(
    messages.map(({ id, name, key, destination, payload, metadata, due }, line) => ({
      message_id: id,
      slot: slotOf(key),
      name,
      key,
      destination,
      payload,
      correlation_id: metadata.correlationId,
      causation_id: metadata.causationId,
      due,
      line,
    })),
  );
  if (text.length * 3 > MAX_MESSAGE_BYTES) messages.forEach(refuseTooLarge); // a character has three bytes at most
  return text;
}

function refuseTooLarge({ name, payload }: Outgoing): void {
  const bytes = Buffer.byteLength(JSON.stringify(payload));
  if (bytes > MAX_MESSAGE_BYTES)
    throw new Error(`${name} is too large: ${bytes} bytes, of ${MAX_MESSAGE_BYTES} at most`);
}
