import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { kernelFailure, type MessageClass } from '#kernel/messages';
import type { Database } from '../database/database.js';
import { listenersOf, subscriberOf, type SubscriberOptions } from '../inbox/subscriber.js';
import type { Outbox } from '../outbox/outbox.js';
import { runsWithoutTransaction } from './without-transaction.js';

/** Where @nestjs/cqrs notes the message that a class handles. */
const HANDLES = ['__commandHandler__', '__queryHandler__'];
const EVENTS_HANDLER = '__eventsHandler__';

export interface Handler {
  readonly contract: MessageClass;
  readonly database: Database;
  readonly withoutTransaction: boolean;
  execute(message: object): Promise<unknown>;
}

export interface SubscriberEntry extends Required<SubscriberOptions> {
  readonly name: string;
  readonly context: string;
  readonly listeners: ReadonlyMap<string, { contract: MessageClass; handle(event: object): Promise<unknown> }>;
}

/** What runs in this process: its contexts, their handlers and subscribers. Filled once at boot; every mistake is an error then. */
@Injectable()
export class Registry implements OnModuleInit {
  readonly databases = new Map<string, Database>();
  readonly outboxes = new Map<string, Outbox>();
  readonly handlers = new Map<string, Handler>();
  readonly subscribers = new Map<string, SubscriberEntry>();

  constructor(private readonly modules: ModulesContainer) {}

  /** A context says that it runs here. */
  host(database: Database, outbox: Outbox): void {
    if (this.databases.has(database.context)) throw new Error(`the context "${database.context}" is loaded twice`);
    this.databases.set(database.context, database);
    this.outboxes.set(database.context, outbox);
  }

  /** The handler of a message. @throws kernel.no_handler */
  handler(name: string): Handler {
    const handler = this.handlers.get(name);
    if (!handler) throw kernelFailure('kernel.no_handler', { message: `No context that runs here handles ${name}.` });
    return handler;
  }

  onModuleInit(): void {
    const seen = new Set<object>();
    for (const module of this.modules.values()) {
      for (const { metatype, instance } of module.providers.values()) {
        if (typeof metatype !== 'function' || typeof instance !== 'object' || instance === null || seen.has(instance))
          continue;
        seen.add(instance);
        this.explore(metatype, instance as Record<string, (message: object) => Promise<unknown>>);
      }
    }
  }

  private explore(type: Function, instance: Record<string, (message: object) => Promise<unknown>>): void {
    if (Reflect.hasMetadata(EVENTS_HANDLER, type)) {
      throw new Error(
        `${type.name}: @EventsHandler has no place to keep what it heard; use @Subscriber('<context>.<name>') and @On(Event)`,
      );
    }
    for (const key of HANDLES) {
      const contract = Reflect.getMetadata(key, type) as MessageClass | undefined;
      if (contract) this.addHandler(type, contract, (message) => instance['execute']!(message));
    }
    const subscriber = subscriberOf(type);
    if (subscriber) this.addSubscriber(type, subscriber, instance);
  }

  /** Adds one handler. @throws Error where the message has one already, or belongs to a context that does not run here */
  addHandler(type: Function, contract: MessageClass, execute: Handler['execute']): void {
    const { messageName, context } = contract;
    if (!messageName) throw new Error(`${type.name} handles something that is no message: extend command() or query()`);
    if (this.handlers.has(messageName)) throw new Error(`${messageName} has two handlers; the second is ${type.name}`);
    const database = this.databases.get(context);
    if (!database)
      throw new Error(`${type.name} handles ${messageName}, but the context "${context}" is not loaded here`);
    this.handlers.set(messageName, { contract, database, withoutTransaction: runsWithoutTransaction(type), execute });
  }

  private addSubscriber(
    type: Function,
    { name, from, batch }: Required<SubscriberOptions> & { name: string },
    instance: Record<string, (message: object) => Promise<unknown>>,
  ): void {
    const [context = ''] = name.split('.');
    if (!this.databases.has(context))
      throw new Error(
        `${type.name}: the subscriber "${name}" must be named <context>.<name> after a context that runs here`,
      );
    if (this.subscribers.has(name)) throw new Error(`two subscribers are called "${name}"; the second is ${type.name}`);
    const listeners = new Map<string, { contract: MessageClass; handle(event: object): Promise<unknown> }>();
    for (const { event, method } of listenersOf(type)) {
      if (listeners.has(event.messageName)) throw new Error(`${type.name} listens to ${event.messageName} twice`);
      listeners.set(event.messageName, { contract: event, handle: (message) => instance[method]!(message) });
    }
    if (listeners.size === 0)
      throw new Error(`${type.name}: the subscriber "${name}" listens to nothing; give it methods with @On(Event)`);
    this.subscribers.set(name, { name, context, from, batch, listeners });
  }
}
