import { Limit } from '#kernel/base';
import type { Registry, SubscriberEntry } from '../bus/registry.js';
import type { Database } from '../database/database.js';
import { DeadLetters } from '../inbox/dead-letters.js';
import { Inbox } from '../inbox/inbox.js';
import { Listeners } from '../inbox/listeners.js';
import { ParkedMessages } from '../inbox/parked-messages.js';
import { ParkingWorker } from '../inbox/parking-worker.js';
import { Parking } from '../inbox/parking.js';
import { Handlers, type Receiver } from '../inbox/receiver.js';
import type { Interceptors } from '../interceptors/interceptors.js';
import type { KernelOptions } from '../kernel-options.js';
import type { Inlet } from './inlet.js';
import { commandReceiver, subscriberReceiver } from './receivers.js';

/** The receiving half of one context's engine: its subscribers, and, under its own name, the handlers of commands that are sent to it. */
export class Inbound {
  readonly listeners: Listeners;
  readonly worker: ParkingWorker;
  readonly deadLetters: DeadLetters;
  private readonly parked: ParkedMessages;
  private readonly inbox: Inbox;
  private readonly subscribers: readonly { readonly entry: SubscriberEntry; readonly receiver: Receiver }[];
  private readonly commands: Receiver;

  constructor(
    readonly database: Database,
    registry: Registry,
    interceptors: Interceptors,
    { instance, maxAttempts, poolSize }: KernelOptions,
  ) {
    const { context } = database;
    const entries = [...registry.subscribers.values()].filter((entry) => entry.context === context);
    this.subscribers = entries.map((entry) => ({ entry, receiver: subscriberReceiver(entry) }));
    this.commands = commandReceiver(context, registry);
    const receivers = [...this.subscribers.map(({ receiver }) => receiver), this.commands];
    const handlers = new Handlers(context, interceptors);
    this.listeners = new Listeners(database, entries);
    this.parked = new ParkedMessages(database, instance);
    this.worker = new ParkingWorker(database, this.parked, handlers, receivers, { maxAttempts, concurrency: poolSize });
    this.deadLetters = new DeadLetters(database, this.worker);
    const parking = new Parking(database, this.parked, this.worker);
    this.inbox = new Inbox(database, parking, handlers, interceptors, new Limit(Math.max(1, poolSize - 1)));
  }

  /** Comes before any message is accepted. @returns the ways in */
  async open(): Promise<Inlet[]> {
    const known = await this.listeners.known();
    await this.parked.reclaim();
    return [
      ...this.subscribers.map(({ entry, receiver }) => this.eventInlet(entry, receiver, known.has(entry.name))),
      this.commandInlet(),
    ];
  }

  /** `known`: the subscriber has listened before, in any process. */
  private eventInlet({ name, from, batch, listeners }: SubscriberEntry, receiver: Receiver, known: boolean): Inlet {
    return {
      ...this.inletOf(receiver),
      from: known ? 'least' : from,
      batch,
      wants: (message) =>
        message.destination === null && (listeners.has(message.name) || this.listeners.elsewhere(name, message.name)),
      hears: (publisher) => [...listeners.values()].some(({ contract }) => contract.context === publisher),
    };
  }

  private commandInlet(): Inlet {
    const { context } = this.database;
    return {
      ...this.inletOf(this.commands),
      from: 'least',
      batch: 1,
      wants: ({ destination }) => destination === context,
      hears: () => true,
    };
  }

  private inletOf(receiver: Receiver): Pick<Inlet, 'context' | 'name' | 'deliver'> {
    return {
      context: this.database.context,
      name: receiver.name,
      deliver: (publisher, messages) => this.inbox.accept(receiver, publisher, messages),
    };
  }
}
