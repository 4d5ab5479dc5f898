import { flowHeaders, type MessageEnvelope, messageHeaders, type OutgoingMessage } from '#kernel/messages';
import { type Sql, sql } from '../database/sql.js';

/** A message as every table that keeps messages has it: the outbox, its timers, the parked messages of the inbox. */
export interface MessageRow {
  readonly message_id: string;
  readonly name: string;
  readonly key: string;
  readonly destination: string | null;
  readonly payload: unknown;
  readonly correlation_id: string;
  readonly causation_id: string | null;
  /** Those of the flow alone; the two above have columns of their own, by which flows are found. */
  readonly headers: Readonly<Record<string, string>> | null;
}

/** By name, never `*`: PostgreSQL refuses a prepared `*` once a later version has added a column. */
export const messageColumns = sql`message_id, name, key, destination, payload, correlation_id, causation_id, headers`;

const columnTypes = sql`message_id uuid, name text, key text, destination text, payload json, correlation_id text, causation_id uuid, headers json`;

/** Messages as rows that a statement selects `messageColumns` from. `beside` says which columns each row has beside them. */
export const messageRows = (rows: readonly (MessageRow & Readonly<Record<string, unknown>>)[], beside: Sql): Sql =>
  sql`json_to_recordset(${JSON.stringify(rows)}) as message(${columnTypes}, ${beside})`;

export function rowOf({ id, name, key, destination, payload, headers }: OutgoingMessage): MessageRow {
  const { correlationId, causationId = null } = headers;
  return {
    message_id: id,
    name,
    key,
    destination,
    payload,
    correlation_id: correlationId,
    causation_id: causationId,
    headers: flowHeaders(headers) ?? null,
  };
}

export function envelopeOf(row: MessageRow & { readonly at: string }): MessageEnvelope {
  const { message_id: id, name, key, destination, payload, at } = row;
  const headers = messageHeaders(row.correlation_id, row.causation_id ?? undefined, row.headers ?? undefined);
  return { id, name, key, destination, payload, at, headers };
}
