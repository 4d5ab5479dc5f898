import { Logger } from '@nestjs/common';
import { Alarm, errorText, pause } from '#kernel/base';
import type { Database } from '../database/database.js';
import { Warnings } from '../runtime/warnings.js';
import { Delivery } from './delivery.js';
import type { AnyDestination, OutboxMessage } from './destination.js';
import { HandOver } from './hand-over.js';
import { Lanes } from './lanes.js';
import { LogSettlement } from './log-settlement.js';
import { OutboxCursors } from './outbox-cursors.js';
import { OutboxReader } from './outbox-reader.js';
import { Rewind } from './rewind.js';
import { SlotLeases } from './slot-leases.js';

const POLL_ALONE_MS = 1_000;
const POLL_SHARED_MS = 50;
/** Minimum gap between polls: under load one poll picks up several commits. */
const GATHER_MS = 10;
const RENEW_MS = 2_000;
const RETRY_MS = 500;

export interface RelayOptions {
  /** Names this process among those that read the outbox. */
  readonly instance: string;
  readonly destinations: readonly AnyDestination[];
  /** Called at each renewal of the leases, before the next read. */
  readonly onRenewal?: () => Promise<void>;
  /** Called with the slots that this process has leased, whenever they change. */
  readonly onSlots?: ((slots: readonly number[]) => void) | undefined;
}

/**
 * Reads one context's outbox to its destinations, in snapshot batches as PgQ does (docs/adr/0003). It polls, and is woken after
 * commits. Several processes share an outbox by leases on its slots.
 */
export class Relay {
  private readonly logger = new Logger('Relay');
  private readonly alarm = new Alarm();
  private readonly stopping = new AbortController();
  private readonly leases: SlotLeases;
  private readonly cursors: OutboxCursors;
  private readonly lanes: Lanes;
  private readonly reader: OutboxReader;
  private readonly rewind: Rewind;
  private readonly delivery: Delivery;
  private readonly settlement: LogSettlement;
  private readonly handOver: HandOver;
  private renewedAt = Number.NEGATIVE_INFINITY;
  private loop: Promise<void> | undefined;

  constructor(
    private readonly database: Database,
    private readonly options: RelayOptions,
  ) {
    const { instance, destinations } = options;
    const shared = {
      publisher: database.context,
      alarm: this.alarm,
      warnings: new Warnings('Relay'),
      stopping: this.stopping.signal,
    };
    this.leases = new SlotLeases(database, instance);
    this.cursors = new OutboxCursors(database);
    this.lanes = new Lanes(destinations, this.cursors);
    this.reader = new OutboxReader(database);
    this.rewind = new Rewind(shared, this.lanes, this.cursors);
    this.delivery = new Delivery(shared, this.rewind);
    this.settlement = new LogSettlement(shared, destinations, this.lanes, this.rewind);
    this.handOver = new HandOver(shared, this.lanes, this.delivery, this.leases);
  }

  /** Makes the cursors of the destinations. Comes before anything is read or written. */
  register(): Promise<void> {
    return this.cursors.create(this.options.destinations);
  }

  start(): void {
    this.loop = this.run();
  }

  /** There are new messages: poll now. */
  wake(): void {
    this.alarm.wake();
  }

  /** Accepts messages that this process has just committed. */
  committed(messages: readonly OutboxMessage[]): void {
    if (messages.length > 0 && !this.stopping.signal.aborted) this.handOver.committed(messages);
  }

  /** Finishes running deliveries, stores the cursors and releases the slots. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.wake();
    await this.loop;
    await Promise.all([this.delivery.ended(), this.settlement.ended()]);
    this.handOver.stop();
    // Messages that were handed over lie beyond the cursors until a poll shows them.
    await this.attempt('cursors', 'stored', async () => {
      await this.poll();
      await this.lanes.storeCursors();
    });
    await this.attempt('slots', 'released', () => this.leases.release());
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        if (performance.now() - this.renewedAt >= RENEW_MS) await this.renew();
        const began = performance.now();
        if (await this.poll()) continue;
        await this.alarm.sleep(this.leases.alone ? POLL_ALONE_MS : POLL_SHARED_MS);
        const early = began + GATHER_MS - performance.now();
        if (early > 1) await pause(early, this.stopping.signal);
      } catch (error) {
        this.logger.warn(`reading the outbox of "${this.database.context}" failed, trying again: ${errorText(error)}`);
        await pause(RETRY_MS, this.stopping.signal);
      }
    }
  }

  /** Stores the cursors, renews the leases, and opens or closes the lanes of slots that were gained or lost. */
  private async renew(): Promise<void> {
    const { onRenewal, onSlots } = this.options;
    await this.lanes.storeCursors();
    await onRenewal?.();
    const { gained, lost } = await this.leases.renew();
    this.renewedAt = performance.now();
    this.lanes.close(lost);
    if (gained.length > 0) await this.lanes.open(gained);
    await this.rewind.carryOutReplays(this.leases.slots);
    if (gained.length + lost.length > 0) onSlots?.(this.leases.slots);
    this.settlement.begin();
  }

  /** Reads new messages for every lane that has room. @returns whether there may be more */
  private async poll(): Promise<boolean> {
    let snapshot: string | null = null;
    let shown: string | null = null;
    let more = false;
    const sequences: number[] = [];
    this.handOver.pollBegins();
    try {
      for (const lanes of this.lanes.readable()) {
        const { read } = lanes[0]!;
        const slots = [...new Set(lanes.map(({ slot }) => slot))];
        const page = await this.reader.read(read, slots, snapshot);
        if (read.upto === null) snapshot ??= page.snapshot; // one snapshot for all, so that lanes get the same cursor again
        more ||= page.full;
        const bySlot = Map.groupBy(page.messages, (message) => message.slot);
        for (const { sequence } of page.messages) sequences.push(sequence);
        for (const lane of lanes) {
          lane.feed(bySlot.get(lane.slot) ?? [], page.cursor);
          this.delivery.begin(lane);
        }
      }
      shown = snapshot;
    } finally {
      this.handOver.pollEnded(sequences, shown);
    }
    return more;
  }

  /** A failure while stopping is logged alone: it costs repeats, which the inboxes drop. */
  private async attempt(what: string, done: string, work: () => Promise<void>): Promise<void> {
    await work().catch((error: unknown) =>
      this.logger.warn(`${what} of "${this.database.context}" not ${done}: ${errorText(error)}`),
    );
  }
}
