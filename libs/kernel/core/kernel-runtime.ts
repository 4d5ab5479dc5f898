import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { Clock, Limit, SeededRandomness } from '#kernel/base';
import type { MessageEnvelope } from '#kernel/messages';
import { revive } from './bus/owner.js';
import { type Handler, Registry, type SubscriberEntry } from './bus/registry.js';
import type { Database } from './database/database.js';
import { Inbox } from './inbox/inbox.js';
import { Listeners } from './inbox/listeners.js';
import { Parking } from './inbox/parking.js';
import { Handlers, type Receiver } from './inbox/receiver.js';
import type { Interceptor } from './interceptors/interceptor.js';
import { Interceptors } from './interceptors/interceptors.js';
import type { Destination } from './outbox/destination.js';
import { LogOutlet } from './outbox/log-outlet.js';
import { Outbox } from './outbox/outbox.js';
import { Relay } from './outbox/relay.js';
import { Retention } from './outbox/retention.js';
import { Timers } from './outbox/timers.js';
import type { Split } from './ports/split.js';
import type { EventTransport, LogReader, Take } from './ports/transport.js';
import { RehearsedDestination } from './rehearsal/rehearsal.js';

export const KERNEL_OPTIONS = Symbol('cleave:kernel-options');

/** The kernel's options; `kernelOptions()` makes them from the settings. */
export interface KernelOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly databaseUrl: string | undefined;
  readonly migrate: boolean;
  readonly rehearsal: string | undefined;
  readonly poolSize: number;
  readonly callTimeoutMs: number;
  readonly transactionTimeoutMs: number;
  readonly maxAttempts: number;
  readonly retentionDays: { readonly outbox: number; readonly inbox: number; readonly calls: number };
  /** Connects this process with those that run the other contexts; absent where all run here. */
  readonly split?: Split | undefined;
  /** Stand around what the kernel does, the first outermost. */
  readonly interceptors?: readonly Interceptor[];
  /** Names this process among those that share a database. With the same name after a restart it gets its leases back at once. */
  readonly instance: string;
}

/** Backlogs are processed only after this, so that they do not delay readiness. */
const BEGIN_AFTER_MS = 50;

/** The machinery of one context: it carries messages out and in. */
interface Engine {
  readonly database: Database;
  readonly relay: Relay;
  readonly timers: Timers;
  readonly parking: Parking;
  readonly retention: Retention;
}

/** Starts and stops the outboxes, inboxes and timers of the contexts that run here. */
@Injectable()
export class KernelRuntime implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly engines = new Map<string, Engine>();
  private readonly readers: LogReader[] = [];
  private beginning: NodeJS.Timeout | undefined;

  constructor(
    private readonly registry: Registry,
    private readonly clock: Clock,
    private readonly interceptors: Interceptors,
    @Inject(KERNEL_OPTIONS) private readonly options: KernelOptions,
  ) {}

  /** The parked messages of a context, dead letters among them. */
  parking(context: string): Parking | undefined {
    return this.engines.get(context)?.parking;
  }

  /** Every subscriber is registered before the first message is read or written. */
  async onApplicationBootstrap(): Promise<void> {
    const { instance, maxAttempts, poolSize, retentionDays, split } = this.options;
    const coming = [...this.registry.databases].map(([context, database]) => {
      const handlers = new Handlers(context, this.interceptors);
      const parking = new Parking(database, handlers, { instance, maxAttempts, concurrency: poolSize });
      const inbox = new Inbox(database, parking, handlers, this.interceptors, new Limit(Math.max(1, poolSize - 1)));
      const listeners = new Listeners(database, [...this.registry.subscribers.values()]);
      const relay = new Relay(database, instance);
      relay.onRenewal = () => listeners.renew();
      const timers = new Timers(database, this.clock, () => relay.wake());
      const retention = new Retention(database, this.clock, retentionDays);
      Outbox.of({ database }).onCommitted((messages, due) => {
        relay.committed(messages);
        for (const instant of due) timers.expect(instant);
      });
      this.engines.set(context, { database, relay, timers, retention, parking });
      return this.inletsOf(context, parking, inbox, listeners);
    });
    const inlets = (await Promise.all(coming)).flat();
    const engines = [...this.engines.values()];
    // One after the other for each context: opening a second connection takes longer than the query.
    await Promise.all(
      engines.map(async ({ database: { context }, relay, retention, parking }) => {
        const outlets = split?.events ? [await outletOf(context, split, split.events)] : [];
        await relay.register([...this.destinationsOf(context, inlets), ...outlets]);
        await retention.start();
        await parking.reclaim();
      }),
    );
    if (split?.events) await this.readLogs(split, split.events, inlets);
    this.beginning = setTimeout(() => {
      for (const { relay, timers, parking } of engines) {
        relay.start();
        timers.start();
        parking.start();
      }
    }, BEGIN_AFTER_MS);
  }

  /** Accepts no more messages; finishes those that were begun. */
  async beforeApplicationShutdown(): Promise<void> {
    clearTimeout(this.beginning);
    await Promise.all(this.readers.map((reader) => reader.stop()));
    const engines = [...this.engines.values()];
    await Promise.all(
      engines.flatMap(({ relay, timers, parking, retention }) => [
        relay.stop(),
        timers.stop(),
        parking.stop(),
        retention.stop(),
      ]),
    );
  }

  async onApplicationShutdown(): Promise<void> {
    const { split } = this.options;
    await Promise.all([split?.calls?.close(), split?.events?.close()]);
    await Promise.all([...this.registry.databases.values()].map((database) => database.close()));
  }

  /** The receivers of a context: its subscribers, and, under its own name, the handlers of commands that are sent to it. */
  private async inletsOf(context: string, parking: Parking, inbox: Inbox, listeners: Listeners): Promise<Inlet[]> {
    const known = await listeners.known();
    const inlet = (receiver: Receiver, options: Pick<Inlet, 'from' | 'batch' | 'wants' | 'hears'>): Inlet => {
      parking.serve(receiver);
      return {
        ...options,
        context,
        name: receiver.name,
        deliver: (publisher, messages) => inbox.take(receiver, publisher, messages),
      };
    };
    const subscribers = [...this.registry.subscribers.values()].filter((entry) => entry.context === context);
    return [
      ...subscribers.map((entry) =>
        inlet(subscriberReceiver(entry), {
          from: known.has(entry.name) ? 'least' : entry.from,
          batch: entry.batch,
          wants: ({ destination, name }) =>
            destination === null && (entry.listeners.has(name) || listeners.elsewhere(entry.name, name)),
          hears: (publisher) => [...entry.listeners.values()].some(({ contract }) => contract.context === publisher),
        }),
      ),
      inlet(commandReceiver(context, this.registry), {
        from: 'least',
        batch: 1,
        wants: ({ destination }) => destination === context,
        hears: () => true,
      }),
    ];
  }

  /** The destinations of an outbox without a broker: all receivers of this process, or, where messages between contexts go over a broker, those of the context itself. */
  private destinationsOf(publisher: string, inlets: readonly Inlet[]): Destination[] {
    const { rehearsal, split } = this.options;
    return inlets
      .filter(({ context, hears }) => hears(publisher) && (!split?.events || context === publisher))
      .map((inlet) =>
        rehearsal === undefined
          ? inlet
          : new RehearsedDestination(inlet, new SeededRandomness(`${rehearsal} ${publisher} ${inlet.name}`)),
      );
  }

  /** Reads the logs of other contexts for those that run here. The leases on the slots of a context's own outbox decide which partitions its process reads. */
  private async readLogs(
    { contexts, readersOf }: Split,
    events: EventTransport,
    inlets: readonly Inlet[],
  ): Promise<void> {
    for (const [reader, { relay }] of this.engines) {
      const publishers = contexts.filter((publisher) => publisher !== reader && readersOf(publisher).includes(reader));
      const own = inlets.filter(({ context }) => context === reader);
      const take: Take = async (publisher, messages) => {
        await Promise.all(own.map((inlet) => takeIn(inlet, publisher, messages)));
      };
      const log = await events.read(reader, publishers, take);
      this.readers.push(log);
      relay.onSlots = (slots) => log.assign(slots);
    }
  }
}

/** The way into one receiver's inbox, from whichever publisher. */
interface Inlet extends Destination {
  readonly context: string;
  readonly hears: (publisher: string) => boolean;
}

async function takeIn(inlet: Inlet, publisher: string, messages: readonly MessageEnvelope[]): Promise<void> {
  const wanted = messages.filter((message) => inlet.wants(message));
  for (let from = 0; from < wanted.length; from += inlet.batch)
    await inlet.deliver(publisher, wanted.slice(from, from + inlet.batch));
}

async function outletOf(context: string, { readersOf }: Split, events: EventTransport): Promise<LogOutlet> {
  const readers = readersOf(context);
  return new LogOutlet(events.name, context, readers, await events.open(context, readers));
}

function subscriberReceiver({ name, listeners }: SubscriberEntry): Receiver {
  return {
    name,
    runsOutside: () => false,
    run: async (message) => {
      const listener = listeners.get(message.name);
      if (!listener) throw new Error(`"${name}" does not listen to ${message.name} in this version`); // another one will

      await listener.handle(revive(listener.contract, message.payload));
    },
  };
}

/** Receives all commands that are sent to one context, in one order per key, whichever commands they are. */
function commandReceiver(context: string, registry: Registry): Receiver {
  const handlerOf = (name: string): Handler | undefined => registry.handlers.get(name);
  return {
    name: context,
    runsOutside: ({ name }) => handlerOf(name)?.withoutTransaction ?? false,
    run: ({ name, payload }) => {
      const handler = registry.handler(name);
      return handler.execute(revive(handler.contract, payload));
    },
  };
}
