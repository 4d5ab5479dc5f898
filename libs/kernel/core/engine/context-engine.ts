import { type Clock, SeededRandomness } from '#kernel/base';
import type { KernelOptions } from '../kernel-options.js';
import type { AnyDestination, Destination } from '../outbox/destination.js';
import { LogOutlet } from '../outbox/log-outlet.js';
import type { Outbox } from '../outbox/outbox.js';
import { Relay } from '../outbox/relay.js';
import { Retention } from '../outbox/retention.js';
import { Timers } from '../outbox/timers.js';
import type { Split } from '../ports/split.js';
import type { EventTransport, LogReader } from '../ports/transport.js';
import { RehearsedDestination } from '../rehearsal/rehearsal.js';
import type { Inbound } from './inbound.js';
import { acceptInto, type Inlet } from './inlet.js';

/** The machinery of one context: accepts messages into it, and reads its outbox to their receivers. */
export class ContextEngine {
  private readonly relay: Relay;
  private readonly timers: Timers;
  private readonly retention: Retention;

  /**
   * Opens the logs that the context writes and reads, and makes the engine.
   * @param inlets those of all contexts that run here
   */
  static async open(
    inbound: Inbound,
    inlets: readonly Inlet[],
    outbox: Outbox,
    clock: Clock,
    options: KernelOptions,
  ): Promise<ContextEngine> {
    const { context } = inbound.database;
    const { split } = options;
    const events = split?.events;
    const local = localDestinations(context, inlets, options);
    if (!split || !events) return new ContextEngine(inbound, local, undefined, outbox, clock, options);
    const outlet = await outletOf(context, split, events);
    const reader = await readerOf(context, inlets, split, events);
    return new ContextEngine(inbound, [...local, outlet], reader, outbox, clock, options);
  }

  private constructor(
    readonly inbound: Inbound,
    destinations: readonly AnyDestination[],
    private readonly logs: LogReader | undefined,
    outbox: Outbox,
    clock: Clock,
    { instance, retentionDays }: KernelOptions,
  ) {
    const { database, listeners } = inbound;
    this.relay = new Relay(database, {
      instance,
      destinations,
      onRenewal: () => listeners.renew(),
      // The leases on the slots of a context's own outbox decide which partitions of the others' logs its process reads.
      onSlots: (slots) => logs?.assign(slots),
    });
    this.timers = new Timers(database, clock, () => this.relay.wake());
    this.retention = new Retention(database, clock, retentionDays);
    outbox.onCommitted((messages, due) => {
      this.relay.committed(messages);
      for (const instant of due) this.timers.expect(instant);
    });
  }

  /** Makes cursors and partitions. Comes before anything is read or written. */
  async prepare(): Promise<void> {
    // One after the other: opening a second connection takes longer than the query.
    await this.relay.register();
    await this.retention.prepare();
  }

  start(): void {
    this.relay.start();
    this.timers.start();
    this.inbound.worker.start();
    this.retention.start();
  }

  /** Accepts no more messages from the logs; finishes those that were begun. */
  async stop(): Promise<void> {
    await this.logs?.stop();
    await Promise.all([this.relay.stop(), this.timers.stop(), this.inbound.worker.stop(), this.retention.stop()]);
  }
}

/** The destinations of an outbox without a broker: all receivers of this process, or, where messages between contexts go over a broker, those of the context itself. */
function localDestinations(
  publisher: string,
  inlets: readonly Inlet[],
  { rehearsal, split }: KernelOptions,
): Destination[] {
  return inlets
    .filter((inlet) => inlet.hears(publisher) && (!split?.events || inlet.context === publisher))
    .map((inlet) =>
      rehearsal === undefined
        ? inlet
        : new RehearsedDestination(inlet, new SeededRandomness(`${rehearsal} ${publisher} ${inlet.name}`)),
    );
}

async function outletOf(context: string, { readersOf }: Split, events: EventTransport): Promise<LogOutlet> {
  const readers = readersOf(context);
  return new LogOutlet(events.name, context, readers, await events.open(context, readers));
}

/** Reads the logs of other contexts for one that runs here. */
function readerOf(
  context: string,
  inlets: readonly Inlet[],
  { contexts, readersOf }: Split,
  events: EventTransport,
): Promise<LogReader> {
  const publishers = contexts.filter((publisher) => publisher !== context && readersOf(publisher).includes(context));
  return events.read(context, publishers, acceptInto(inlets.filter((inlet) => inlet.context === context)));
}
