/**
 * How far an outbox is read: all messages that are visible in the snapshot `seen`, and of those that the snapshot `upto` adds, the ones
 * up to the sequence number `after`. `upto` is null between polls (docs/adr/0003).
 */
export interface Cursor {
  readonly seen: string;
  readonly upto: string | null;
  readonly after: number;
}

/** The cursor of a reader that has read all that `snapshot` shows. */
export const cursorAt = (snapshot: string): Cursor => ({ seen: snapshot, upto: null, after: 0 });
