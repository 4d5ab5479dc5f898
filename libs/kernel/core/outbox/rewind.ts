import { errorText, pause } from '#kernel/base';
import { type Cursor, cursorAt } from './cursor.js';
import { Lane } from './lane.js';
import type { Lanes } from './lanes.js';
import { LogProgress } from './log-progress.js';
import type { OutboxCursors } from './outbox-cursors.js';
import type { RelayContext } from './relay-context.js';

const RETRY_MS = 500;

/** Sends lanes back to an earlier cursor: where a log has lost messages that not every reader had handled, or an operator wants a replay. */
export class Rewind {
  constructor(
    private readonly relay: RelayContext,
    private readonly lanes: Lanes,
    private readonly cursors: OutboxCursors,
  ) {}

  /** Carries out the replays that an operator has asked for in these slots. */
  async carryOutReplays(slots: readonly number[]): Promise<void> {
    for (const { destination, slot, seen } of await this.cursors.replays(slots)) {
      const lane = this.lanes.of(destination, slot);
      if (lane && !lane.rewindTo) await this.request(lane, cursorAt(seen));
    }
  }

  /** Sends a lane back; after its running delivery, whose messages would come between the repeated ones. */
  async request(lane: Lane, cursor: Cursor): Promise<void> {
    if (lane.isDelivering) lane.rewindTo = cursor;
    else await this.run(lane, cursor);
  }

  /** Puts a new lane that begins at the cursor in the place of one that delivers nothing. */
  async run(lane: Lane, cursor: Cursor): Promise<void> {
    if (lane.isClosed) return;
    const { publisher, stopping, warnings, alarm } = this.relay;
    const { destination, slot, log } = lane;
    const what = `"${destination.name}" gets messages of "${publisher}" again`;
    const fresh = new Lane(destination, slot, cursor, log && new LogProgress(cursor, undefined));
    // Stored first: messages appended from now on would hide the gap from the next process.
    while (!(await this.isStored(fresh, what))) await pause(RETRY_MS, stopping);
    if (lane.isClosed || stopping.aborted) return;
    warnings.warn(what, 'it has lost them, or an operator asked for a replay');
    this.lanes.remove(lane);
    this.lanes.add(fresh);
    alarm.wake();
  }

  /** Also true where it is not to be tried again. */
  private async isStored(fresh: Lane, what: string): Promise<boolean> {
    const { stopping, warnings } = this.relay;
    try {
      await this.lanes.store([fresh], fresh.done.seen);
      return true;
    } catch (error) {
      warnings.warn(`${what}: that was not stored, trying again`, errorText(error));
      return stopping.aborted;
    }
  }
}
