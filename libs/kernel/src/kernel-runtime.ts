import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { type Handler, Registry, type SubscriberEntry } from './bus/registry.js';
import { revive } from './bus/owner.js';
import type { Database } from './database/database.js';
import { Inbox, type Receiver } from './inbox/inbox.js';
import { Parking } from './inbox/parking.js';
import type { Destination } from './outbox/destination.js';
import { Relay } from './outbox/relay.js';
import { Retention } from './outbox/retention.js';
import { Timers } from './outbox/timers.js';
import { RehearsedDestination } from './rehearsal/rehearsal.js';
import { Clock, SeededRandomness } from './runtime/clock.js';
import { Limit } from './runtime/deadline.js';

export const KERNEL_OPTIONS = Symbol('cleave:kernel-options');

/** What the kernel needs to know; `kernelOptions()` makes it from the settings. */
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
  /** Names this process among those that share a database; best the same after a restart, so that its leases are its own at once. */
  readonly instance: string;
}

/** The machinery of one context: what carries its messages out and in. */
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

  constructor(
    private readonly registry: Registry,
    private readonly clock: Clock,
    @Inject(KERNEL_OPTIONS) private readonly options: KernelOptions,
  ) {}

  /** The parking place of a context: its dead letters. */
  parking(context: string): Parking | undefined {
    return this.engines.get(context)?.parking;
  }

  /** Every subscriber is registered before the first message is read or written. */
  async onApplicationBootstrap(): Promise<void> {
    const inboxes = new Map<string, Inbox>();
    const parkings = new Map<string, Parking>();
    for (const [context, database] of this.registry.databases) {
      const { instance, maxAttempts, poolSize } = this.options;
      const parking = new Parking(database, { instance, maxAttempts, concurrency: poolSize });
      parkings.set(context, parking);
      inboxes.set(context, new Inbox(database, parking, new Limit(Math.max(1, poolSize - 1))));
    }
    const receivers = new Map<string, Receiver>();
    for (const entry of this.registry.subscribers.values()) receivers.set(entry.name, subscriberReceiver(entry));
    for (const context of this.registry.databases.keys())
      receivers.set(context, commandReceiver(context, this.registry));
    for (const receiver of receivers.values()) parkings.get(contextOf(receiver))!.serve(receiver);
    for (const [context, database] of this.registry.databases) {
      const destinations = this.destinationsOf(context, inboxes, receivers);
      const relay = new Relay(database, destinations, this.options.instance);
      const timers = new Timers(database, this.clock, () => relay.wake());
      const retention = new Retention(database, this.clock, this.options.retentionDays);
      database.onMessages = (messages) => {
        if (messages.some(({ due }) => due === null)) relay.wake();
        for (const { due } of messages) if (due !== null) timers.expect(due);
      };
      this.engines.set(context, { database, relay, timers, retention, parking: parkings.get(context)! });
    }
    const engines = [...this.engines.values()];
    await Promise.all(engines.flatMap(({ relay, retention }) => [relay.register(), retention.start()]));
    await Promise.all(engines.map(({ parking }) => parking.start()));
    for (const { relay, timers } of engines) {
      relay.start();
      timers.start();
    }
  }

  /** Stops taking messages; what was begun is finished. */
  async beforeApplicationShutdown(): Promise<void> {
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
    await Promise.all([...this.registry.databases.values()].map((database) => database.close()));
  }

  private destinationsOf(
    publisher: string,
    inboxes: Map<string, Inbox>,
    receivers: Map<string, Receiver>,
  ): Destination[] {
    const subscribers = [...this.registry.subscribers.values()]
      .filter(({ listeners }) => [...listeners.values()].some(({ contract }) => contract.context === publisher))
      .map(({ name, context, from, batch, listeners }) =>
        localDestination(
          receivers.get(name)!,
          from,
          batch,
          inboxes.get(context)!,
          (row) => row.destination === null && listeners.has(row.name),
        ),
      );
    const owners = [...inboxes].map(([owner, inbox]) =>
      localDestination(receivers.get(owner)!, 'earliest', 1, inbox, (row) => row.destination === owner),
    );
    const { rehearsal } = this.options;
    return [...subscribers, ...owners].map((destination) =>
      rehearsal === undefined
        ? destination
        : new RehearsedDestination(destination, new SeededRandomness(`${rehearsal} ${publisher} ${destination.name}`)),
    );
  }
}

/** Receivers are named `<context>.<subscriber>`, or, for the commands sent to it, `<context>`. */
const contextOf = ({ name }: Receiver): string => name.split('.')[0]!;

function localDestination(
  receiver: Receiver,
  from: Destination['from'],
  batch: number,
  inbox: Inbox,
  wants: Destination['wants'],
): Destination {
  return {
    name: receiver.name,
    from,
    batch,
    wants,
    deliver: (publisher, rows) => inbox.take(receiver, publisher, rows),
  };
}

function subscriberReceiver({ name, listeners }: SubscriberEntry): Receiver {
  return {
    name,
    runsOutside: () => false,
    run: async (row) => {
      const listener = listeners.get(row.name);
      if (!listener) throw new Error(`"${name}" no longer listens to ${row.name}`);
      await listener.handle(revive(listener.contract, row.payload));
    },
  };
}

/** All commands that are sent to one context: in one order per key, whichever they are. */
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
