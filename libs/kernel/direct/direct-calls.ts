import { AsyncLocalStorage } from 'node:async_hooks';
import { Logger } from '@nestjs/common';
import { type Handle, MAX_BYTES, Seal, ServedCalls, WaitingCalls } from '#kernel/brokers';
import type { CallRequest, CallTransport, TransportStatus } from '#kernel/core';
import type { DirectOptions } from './direct-options.js';
import { Listener } from './listener.js';
import { Route } from './route.js';
import { ServedContext } from './served-context.js';

/**
 * Calls straight to a process of the owning context, over one connection that is kept. At most once: a request is written to one
 * connection, and to another one only where the first surely did not carry it, or its process says that it was not begun.
 */
export class DirectCalls implements CallTransport {
  private readonly seal: Seal;
  private readonly waiting: WaitingCalls<true>;
  private readonly calls: ServedCalls;
  private readonly routes = new Map<string, Route>();
  private readonly served = new Map<string, ServedContext>();
  /** A connection outlives the request that was the first to need it, and must not log under its trace. */
  private readonly outsideOfRequests = AsyncLocalStorage.snapshot();
  private listener: Promise<Listener> | undefined;
  private forged = 0;

  constructor(private readonly options: DirectOptions) {
    const { clock, key, maxBytes = MAX_BYTES } = options;
    this.seal = new Seal(key);
    this.waiting = new WaitingCalls({ clock, maxBytes, from: options.instance });
    this.calls = new ServedCalls(clock, maxBytes, new Logger('Direct'));
  }

  get counters() {
    return { forged: this.forged, expired: this.calls.expired, late: this.waiting.late };
  }

  /** There is no broker that could be away; a context that is away is known by its circuit. */
  get status(): TransportStatus {
    return 'connected';
  }

  async call(owner: string, request: CallRequest): Promise<unknown> {
    const { ask, giveUp } = this.routeTo(owner);
    return this.waiting.ask(request, ask, giveUp);
  }

  /** @throws CannotStart where nothing can be accepted on the address */
  async serve(owner: string, handle: Handle): Promise<void> {
    const { concurrency = 64, discovery } = this.options;
    this.served.set(owner, new ServedContext(concurrency, this.calls, handle));
    const listener = await (this.listener ??= this.listen());
    await discovery.announce(owner, listener.port);
  }

  async drain(): Promise<void> {
    const listener = await this.listening();
    await this.options.discovery.withdraw();
    listener?.drain();
    await Promise.all([...this.served.values()].map((context) => context.drain()));
    await listener?.flushed();
  }

  async close(): Promise<void> {
    await this.options.discovery.withdraw();
    await Promise.all([...this.routes.values()].map((route) => route.close()));
    (await this.listening())?.close();
    this.waiting.rejectAll('this process ends');
  }

  private routeTo(owner: string): Route {
    let route = this.routes.get(owner);
    if (!route) {
      const { seal, waiting } = this;
      const options = { ...this.options, seal, waiting, forged: () => this.forged++ };
      route = this.outsideOfRequests(() => new Route(owner, options));
      this.routes.set(owner, route);
    }
    return route;
  }

  /** Undefined where it does not listen; where it could not, `serve` has said so. */
  private async listening(): Promise<Listener | undefined> {
    return this.listener?.catch(() => undefined);
  }

  private listen(): Promise<Listener> {
    const { seal, served } = this;
    return Listener.start({ ...this.options, seal, served, forged: () => this.forged++ });
  }
}
