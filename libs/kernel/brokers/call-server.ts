import { type CustomTransportStrategy, Server } from '@nestjs/microservices';
import { distinctUntilChanged, map, type Observable, timer } from 'rxjs';
import type { CallRequest, CallTransport, Owner, Registry, TransportStatus } from '#kernel/core';
import { kernelFailure } from '#kernel/messages';

/**
 * Takes the calls to the contexts of this process: begun once all is up, ended when Nest closes its microservices. A request
 * goes to its handler directly, not through Nest's message patterns, which would cost more than all the rest of it.
 */
export class CallServer extends Server<Record<string, never>, TransportStatus> implements CustomTransportStrategy {
  constructor(
    private readonly transport: CallTransport,
    private readonly owner: Owner,
    private readonly registry: Registry,
  ) {
    super();
  }

  async listen(callback: (error?: unknown) => void): Promise<void> {
    let failure: unknown;
    try {
      await Promise.all(
        [...this.registry.databases.keys()].map((context) =>
          this.transport.serve(context, (request) => this.handle(request)),
        ),
      );
    } catch (error) {
      failure = error;
    }
    callback(failure);
  }

  /** As the transport says it, looked at once a second while somebody listens. */
  override get status(): Observable<TransportStatus> {
    return timer(0, 1_000).pipe(
      map(() => this.transport.status),
      distinctUntilChanged(),
    );
  }

  /** Takes no more requests; what was begun is answered. */
  close(): Promise<void> {
    return this.transport.drain();
  }

  /** What this version does not know a replica of another one may: then it is asked again. */
  private async handle(request: CallRequest): Promise<unknown> {
    if (!this.registry.handlers.has(request.name))
      throw kernelFailure('kernel.unavailable', { message: `This process does not know ${request.name}.` });
    return this.owner.handle(request);
  }

  override on(): never {
    throw new Error('A transport of calls has no events of its own: ask its status.');
  }

  override unwrap<Transport>(): Transport {
    return this.transport as Transport;
  }
}
