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
 * Where an outbox is read to: a subscriber in this process, or a broker. The one port that a transport implements.
 * It has a cursor of its own for every slot, so a slow one holds up no other.
 */
export interface Destination {
  /** Stable: the cursors are stored under it. */
  readonly name: string;
  /** Where a destination that is new begins. */
  readonly from: 'now' | 'earliest';
  /** How many rows of a slot `deliver` takes at once. */
  readonly batch: number;
  wants(row: OutboxRow): boolean;
  /** Takes rows of one slot, in order, whole. A rejection means: not now, bring them again, in the same order. */
  deliver(publisher: string, rows: readonly OutboxRow[]): Promise<void>;
}
