import { contextIn } from '#kernel/base';
import type { CallTransport } from '../ports/transport.js';
import type { CallRequest, Link } from './link.js';
import type { Registry } from './registry.js';

/** Asks contexts that run here directly, and all others over the transport. */
export class RoutedLink implements Link {
  constructor(
    private readonly registry: Registry,
    private readonly here: Link,
    private readonly elsewhere: Link,
  ) {}

  repeats(owner: string): boolean {
    return this.to(owner).repeats(owner);
  }

  call(request: CallRequest): Promise<unknown> {
    return this.to(contextIn(request.name)).call(request);
  }

  private to(owner: string): Link {
    return this.registry.databases.has(owner) ? this.here : this.elsewhere;
  }
}

/** A transport as the bus sees it: a request to a process that dies may have been carried out, and is asked again. */
export class TransportLink implements Link {
  constructor(private readonly transport: CallTransport) {}

  repeats(): boolean {
    return true;
  }

  call(request: CallRequest): Promise<unknown> {
    return this.transport.call(contextIn(request.name), request);
  }
}
