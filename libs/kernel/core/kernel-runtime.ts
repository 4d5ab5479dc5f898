import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { Clock } from '#kernel/base';
import { Registry } from './bus/registry.js';
import { ContextEngine } from './engine/context-engine.js';
import { Inbound } from './engine/inbound.js';
import { Interceptors } from './interceptors/interceptors.js';
import { KERNEL_OPTIONS, type KernelOptions } from './kernel-options.js';

/** Backlogs are processed only after this, so that they do not delay readiness. */
const START_AFTER_MS = 50;

/** Starts and stops the engines of the contexts that run here. */
@Injectable()
export class KernelRuntime implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly engines = new Map<string, ContextEngine>();
  private starting: NodeJS.Timeout | undefined;

  constructor(
    private readonly registry: Registry,
    private readonly clock: Clock,
    private readonly interceptors: Interceptors,
    @Inject(KERNEL_OPTIONS) private readonly options: KernelOptions,
  ) {}

  /** The receiving half of a context that runs here: its parked messages and dead letters. */
  inbound(context: string): Inbound {
    const engine = this.engines.get(context);
    if (!engine) throw new Error(`the context "${context}" does not run here, or has not started yet`);
    return engine.inbound;
  }

  /** Every subscriber is registered before the first message is read or written. */
  async onApplicationBootstrap(): Promise<void> {
    const inbounds = [...this.registry.databases.values()].map(
      (database) => new Inbound(database, this.registry, this.interceptors, this.options),
    );
    const inlets = (await Promise.all(inbounds.map((inbound) => inbound.open()))).flat();
    const engines = await Promise.all(
      inbounds.map((inbound) => {
        const outbox = this.registry.outboxes.get(inbound.database.context)!;
        return ContextEngine.open(inbound, inlets, outbox, this.clock, this.options);
      }),
    );
    await Promise.all(engines.map((engine) => engine.prepare()));
    for (const engine of engines) this.engines.set(engine.inbound.database.context, engine);
    this.starting = setTimeout(() => {
      for (const engine of engines) engine.start();
    }, START_AFTER_MS);
  }

  /** Accepts no more messages; finishes those that were begun. */
  async beforeApplicationShutdown(): Promise<void> {
    clearTimeout(this.starting);
    await Promise.all([...this.engines.values()].map((engine) => engine.stop()));
  }

  async onApplicationShutdown(): Promise<void> {
    const { split } = this.options;
    await Promise.all([split?.calls?.close(), split?.events?.close()]);
    await Promise.all([...this.registry.databases.values()].map((database) => database.close()));
  }
}
