import { errorText } from '#kernel/base';
import type { Seal, WaitingCalls } from '#kernel/brokers';
import { Loop, NoReply, Warnings } from '#kernel/core';
import { kernelFailure } from '#kernel/messages';
import type { DirectOptions } from './direct-options.js';
import type { Address } from './discovery.js';
import { type Request, Target, type TargetContext } from './target.js';

/** The interval of discovery while a process is ready (Envoy's default for DNS), and the shorter one while none is. */
const LOOK_UP_EVERY_MS = 5_000;
const LOOK_UP_SOON_MS = 200;

interface RouteOptions extends Pick<DirectOptions, 'discovery' | 'randomness' | 'tls'> {
  readonly seal: Seal;
  readonly waiting: WaitingCalls<true>;
  readonly forged: () => void;
}

/**
 * The way to one context: the processes that serve it. A request goes to the one with the fewest requests under way; where none
 * is ready, it waits for one.
 */
export class Route {
  private readonly warnings = new Warnings('Direct');
  private readonly targets = new Map<string, Target>();
  /** The same targets, as a list. */
  private list: readonly Target[] = [];
  private turn = 0;
  private readonly pending = new Set<Request>();
  private readonly discovery: Loop;
  private isClosed = false;

  constructor(
    private readonly context: string,
    private readonly options: RouteOptions,
  ) {
    this.discovery = new Loop('Direct', `cannot find "${context}"`, LOOK_UP_EVERY_MS, () => this.lookUp());
    this.discovery.start();
  }

  readonly ask = (request: Request): void => {
    const target = this.leastLoaded();
    if (target) target.ask(request);
    else this.pending.add(request);
  };

  /** Ends a request whose time is over. */
  readonly giveUp = (request: Request): void => {
    this.pending.delete(request);
    const error = request.place ? new NoReply('no reply to this attempt') : kernelFailure('kernel.unavailable');
    this.options.waiting.reject(request, error);
  };

  async close(): Promise<void> {
    this.isClosed = true;
    for (const target of this.list) target.close();
    await this.discovery.stop();
  }

  /** The ready target with the lowest load; equal ones take turns. One that has just refused a request comes after all others. */
  private leastLoaded(): Target | undefined {
    const { list } = this;
    this.turn++;
    let best: Target | undefined;
    let least = Infinity;
    for (let tried = 0; tried < list.length; tried++) {
      const target = list[(this.turn + tried) % list.length]!;
      if (!target.isReady) continue;
      const load = target.isResting ? Number.MAX_SAFE_INTEGER : target.load;
      if (load < least) [best, least] = [target, load];
    }
    return best;
  }

  /** Sends requests to other targets. Where all have refused some, they are unavailable. */
  private redirect(requests: readonly Request[]): void {
    for (const request of requests) {
      const target = this.leastLoaded();
      if (!target) this.pending.add(request);
      else if (target.isResting) this.options.waiting.reject(request, kernelFailure('kernel.unavailable'));
      else target.ask(request);
    }
  }

  private flush(): void {
    const requests = [...this.pending];
    this.pending.clear();
    for (const request of requests) this.ask(request);
  }

  private async lookUp(): Promise<number> {
    try {
      const addresses = await this.options.discovery.find(this.context);
      if (!this.isClosed) this.replace(addresses);
    } catch (error) {
      this.warnings.warn(`cannot find "${this.context}"`, errorText(error));
    }
    return this.list.some(({ isReady }) => isReady) ? LOOK_UP_EVERY_MS : LOOK_UP_SOON_MS;
  }

  private replace(addresses: readonly Address[]): void {
    const found = new Map(addresses.map((address) => [`${address.ip} ${address.port}`, address]));
    for (const [key, target] of this.targets) {
      if (found.has(key)) continue;
      this.targets.delete(key);
      target.retire();
    }
    for (const [key, address] of found)
      if (!this.targets.has(key)) this.targets.set(key, new Target(address, this.targetContext));
    this.list = [...this.targets.values()];
  }

  private get targetContext(): TargetContext {
    return {
      ...this.options,
      context: this.context,
      ready: () => this.flush(),
      lost: () => this.discovery.wake(),
      returned: (requests) => this.redirect(requests),
    };
  }
}
