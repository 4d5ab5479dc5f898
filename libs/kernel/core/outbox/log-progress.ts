import type { Cursor } from './cursor.js';

/** How far all readers of a log are in one slot. Where the log forgets something, its lane goes back to that cursor. */
export class LogProgress {
  /** Once every reader has passed the position, all messages up to the cursor are handled. */
  private asked: { readonly position: string; readonly cursor: Cursor } | undefined;
  private settledPosition: string | undefined;

  constructor(
    /** All messages up to here are handled. */
    public settled: Cursor,
    /** The log's own name for the last message that was appended. */
    public position: string | undefined,
  ) {}

  /** The position to ask the log about; undefined where all appended messages are handled. `delivered`: up to where it has messages. */
  question(delivered: Cursor): string | undefined {
    if (this.position === undefined || this.position === this.settledPosition) this.settled = delivered;
    else this.asked ??= { position: this.position, cursor: delivered };
    return this.asked?.position;
  }

  /** Every reader has passed the position that was asked about. */
  answered(): void {
    if (!this.asked) return;
    this.settledPosition = this.asked.position;
    this.settled = this.asked.cursor;
    this.asked = undefined;
  }
}
