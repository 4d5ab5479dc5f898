import type { Settlement } from '../transport/transport.js';

/** A message as it was written to an outbox. */
export interface OutboxRow {
  readonly id: number;
  readonly message_id: string;
  readonly slot: number;
  readonly name: string;
  readonly key: string;
  readonly destination: string | null;
  readonly payload: unknown;
  readonly correlation_id: string;
  readonly causation_id: string | null;
  readonly at: string;
}

/**
 * `least`: where the destination that has read least stands, for what was told elsewhere so far and may be told again, but
 * must not miss anything.
 */
export type Beginning = 'now' | 'earliest' | 'least';

/**
 * Where an outbox is read to: a subscriber in this process, or a broker. The one port that a transport implements.
 * It has a cursor of its own for every slot, so a slow one holds up no other.
 */
export interface Destination {
  /** Stable: the cursors are stored under it. */
  readonly name: string;
  /** Where a destination that has no place yet begins. */
  readonly from: Beginning;
  /** How many rows of a slot `deliver` takes at once. */
  readonly batch: number;
  wants(row: OutboxRow): boolean;
  /** Takes rows of one slot, in order, whole. A rejection means: not now, bring them again, in the same order. */
  deliver(publisher: string, rows: readonly OutboxRow[]): Promise<void>;
}

/**
 * A log at a broker, which may forget: what it took is not yet handled. Behind the cursor of what it was given, another one
 * is kept of what all its readers have handled, and where it forgot, reading goes back to that.
 */
export interface LogDestination extends Omit<Destination, 'deliver'> {
  /** @returns the place of the last row. @throws Forgotten where what was appended up to `after` is gone */
  append(slot: number, rows: readonly OutboxRow[], after: string | undefined): Promise<string>;
  settle(places: readonly { readonly slot: number; readonly place: string }[]): Promise<Settlement[]>;
}

export const isLog = (destination: Destination | LogDestination): destination is LogDestination =>
  'append' in destination;

/** Under this name the cursor of what all readers of a log have handled is kept. */
export const settledName = (log: string): string => `${log}/settled`;
