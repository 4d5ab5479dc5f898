import { AsyncLocalStorage } from 'node:async_hooks';
import type { Delivery } from './delivery.js';
import type { OutboxMessage } from './destination.js';
import type { Lanes } from './lanes.js';
import type { RelayContext } from './relay-context.js';
import { SequenceGaps } from './sequence-gaps.js';
import type { SlotLeases } from './slot-leases.js';

/** How long a committed message waits for lower sequence numbers, whose commits are probably on their way, before we poll for them. */
const PATIENCE_MS = 5;

/**
 * Hands the messages that this process commits to its lanes without a read, where no message can precede them (docs/adr/0017).
 * It only makes the relay fast: what is not handed over is read, and without it every message is.
 */
export class HandOver {
  private readonly gaps = new SequenceGaps();
  private overdue: NodeJS.Timeout | undefined;
  /** Runs work outside the call context of the code that commits. */
  private readonly apart = AsyncLocalStorage.snapshot();

  constructor(
    private readonly relay: RelayContext,
    private readonly lanes: Lanes,
    private readonly delivery: Delivery,
    private readonly leases: SlotLeases,
  ) {}

  /** This process has committed messages. */
  committed(messages: readonly OutboxMessage[]): void {
    this.apart(() => this.hand(this.gaps.committed(messages)));
  }

  /** A poll begins. Until it has ended nothing is handed over. */
  pollBegins(): void {
    this.gaps.pollBegins();
  }

  /** A poll has ended: it showed the messages with these sequence numbers. `snapshot` is null where it failed. */
  pollEnded(sequences: readonly number[], snapshot: string | null): void {
    for (const lane of this.lanes.all()) lane.pollEnded(snapshot);
    this.hand(this.gaps.pollEnded(sequences, snapshot));
  }

  stop(): void {
    clearTimeout(this.overdue);
  }

  private hand(messages: readonly OutboxMessage[]): void {
    const bySlot = Map.groupBy(messages, ({ slot }) => slot);
    for (const lane of bySlot.size > 0 ? this.lanes.all() : []) {
      const own = bySlot.get(lane.slot);
      if (!own) continue;
      if (lane.hand(own)) this.delivery.begin(lane);
      else if (!lane.isFull) this.relay.alarm.wake();
    }
    if (this.gaps.waits) this.pollSoon();
  }

  /** Polls for the numbers that are missing, unless they are committed soon. At once where another process may have drawn them. */
  private pollSoon(): void {
    this.overdue ??= setTimeout(
      () => {
        this.overdue = undefined;
        if (this.gaps.waits) this.relay.alarm.wake();
      },
      this.leases.alone ? PATIENCE_MS : 0,
    );
  }
}
