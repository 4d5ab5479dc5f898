import { Injectable } from '@nestjs/common';
import type { EventClass, MessageClass } from '#kernel/messages';

/** A class that listens: its stable name, where it begins, how many messages one of its transactions takes. */
export interface SubscriberOptions {
  /** A new subscriber hears of what happens from now on, or, with `earliest`, of all that is still kept. */
  readonly from?: 'now' | 'earliest';
  /**
   * How many messages may share one transaction. More is faster, but for handlers that lock no row that another
   * message's handler locks too: two batches would wait for each other. Default 1.
   */
  readonly batch?: number;
}

const SUBSCRIBER = Symbol('cleave:subscriber');
const LISTENERS = Symbol('cleave:listeners');

/**
 * Marks a class that listens to events, under a stable name `<context>.<name>`: its deliveries, retries and failures are
 * stored under it. Its methods say to what by `@On(Event)`. A process manager is one too.
 */
export function Subscriber(name: string, options: SubscriberOptions = {}): ClassDecorator {
  return (target) => {
    Injectable()(target as unknown as new () => unknown);
    Reflect.defineMetadata(SUBSCRIBER, { from: 'now', batch: 1, ...options, name }, target);
  };
}

/** Calls the method for every `Event`, in a transaction of the subscriber's context that also records that it was handled. */
export function On<Event extends object>(
  event: Pick<EventClass<never>, 'messageName'> & { new (...input: never[]): Event },
): <Method extends (event: Event) => Promise<void> | void>(
  target: object,
  method: string,
  descriptor: TypedPropertyDescriptor<Method>,
) => void {
  return (target, method) => {
    const listeners = listenersOf(target.constructor);
    Reflect.defineMetadata(LISTENERS, [...listeners, { event, method }], target.constructor);
  };
}

export const subscriberOf = (type: object): (Required<SubscriberOptions> & { name: string }) | undefined =>
  Reflect.getMetadata(SUBSCRIBER, type) as (Required<SubscriberOptions> & { name: string }) | undefined;

export const listenersOf = (type: object): { event: MessageClass; method: string }[] =>
  (Reflect.getMetadata(LISTENERS, type) as { event: MessageClass; method: string }[] | undefined) ?? [];
