import {
  BrokenCircuitError,
  bulkhead,
  BulkheadRejectedError,
  type BulkheadPolicy,
  circuitBreaker,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  DelegateBackoff,
  handleAll,
} from 'cockatiel';
import type { Clock } from '#kernel/base';
import { type CallRequest, type CallTransport, NoReply, type TransportStatus } from '#kernel/core';
import { Failure, kernelFailure } from '#kernel/messages';

export interface GuardedCallsOptions {
  readonly clock: Clock;
  /** How many calls in a row must reach nobody to open a context's circuit. */
  readonly failures?: number;
  /** How many calls to one context may be under way. */
  readonly atOnce?: number;
}

/** The state of the circuit breaker and bulkhead of one context. */
export interface Circuit {
  readonly state: 'closed' | 'half-open' | 'open';
  readonly underWay: number;
}

/** Reconnects shorter than this are hidden from callers. */
const BLIP_MS = 1_000;
const AWAY_SECONDS = 5;
const FIRST_REST_MS = 500;
/** Also how long a context that is back may still seem away. One call at this interval is no burden to a broker. */
const LONGEST_REST_MS = 2_000;

/** The outcome of a call that reached its owner. */
type Reached = { readonly answer: unknown } | { readonly refusal: unknown };

/**
 * A circuit breaker and a bulkhead for each context: callers fail at once while a context cannot be reached. Refusals by the
 * owner do not open the circuit. The bus decides whether to retry; `retryAfter` says when a retry makes sense.
 */
export class GuardedCalls implements CallTransport {
  private readonly guards = new Map<string, Guard>();
  private awaySince: number | undefined;

  constructor(
    private readonly calls: CallTransport,
    private readonly options: GuardedCallsOptions,
  ) {}

  async call(owner: string, request: CallRequest): Promise<unknown> {
    if (this.calls.status === 'away') throw this.away();
    this.awaySince = undefined;
    let guard = this.guards.get(owner);
    if (!guard) this.guards.set(owner, (guard = new Guard(this.options)));
    return guard.call(() => this.calls.call(owner, request));
  }

  /** Without the broker no context can be reached, so no circuit opens. After a moment callers should not wait for it. */
  private away(): Failure {
    const now = this.options.clock.now();
    this.awaySince ??= now;
    const retryAfter = now - this.awaySince < BLIP_MS ? 0.05 : AWAY_SECONDS;
    return kernelFailure('kernel.unavailable', { details: { retryAfter } });
  }

  get circuits(): ReadonlyMap<string, Circuit> {
    return new Map([...this.guards].map(([owner, { state, underWay }]) => [owner, { state, underWay }]));
  }

  get status(): TransportStatus {
    return this.calls.status;
  }

  get counters(): Readonly<Record<string, number>> {
    return this.calls.counters;
  }

  serve(owner: string, handle: (request: CallRequest) => Promise<unknown>): Promise<void> {
    return this.calls.serve(owner, handle);
  }

  drain(): Promise<void> {
    return this.calls.drain();
  }

  close(): Promise<void> {
    return this.calls.close();
  }
}

class Guard {
  private readonly clock: Clock;
  private readonly atOnce: number;
  private readonly limit: BulkheadPolicy;
  private readonly breaker: CircuitBreakerPolicy;
  private restsUntil = 0;

  constructor({ clock, failures = 10, atOnce = 500 }: GuardedCallsOptions) {
    this.clock = clock;
    this.atOnce = atOnce;
    this.limit = bulkhead(atOnce);
    const rest = ({ attempt }: { readonly attempt: number }): number => {
      const milliseconds = Math.min(FIRST_REST_MS * 2 ** (attempt - 1), LONGEST_REST_MS);
      this.restsUntil = clock.now() + milliseconds;
      return milliseconds;
    };
    const breaker = new ConsecutiveBreaker(failures);
    this.breaker = circuitBreaker(handleAll, { breaker, halfOpenAfter: new DelegateBackoff(rest) });
  }

  get state(): Circuit['state'] {
    if (this.breaker.state === CircuitState.Closed) return 'closed';
    return this.breaker.state === CircuitState.HalfOpen ? 'half-open' : 'open';
  }

  get underWay(): number {
    return this.atOnce - this.limit.executionSlots;
  }

  async call(ask: () => Promise<unknown>): Promise<unknown> {
    try {
      const reached = await this.limit.execute(() => this.breaker.execute(() => reach(ask)));
      if ('answer' in reached) return reached.answer;
      throw reached.refusal;
    } catch (error) {
      if (error instanceof BrokenCircuitError) throw this.unavailable((this.restsUntil - this.clock.now()) / 1_000);
      if (error instanceof BulkheadRejectedError) throw this.unavailable(0);
      throw error;
    }
  }

  private unavailable(seconds: number): Failure {
    return kernelFailure('kernel.unavailable', { details: { retryAfter: Math.max(seconds, 0.1) } });
  }
}

/** Rejects where no owner was reached; a refusal by the owner is an outcome like any other. */
async function reach(ask: () => Promise<unknown>): Promise<Reached> {
  try {
    return { answer: await ask() };
  } catch (error) {
    if (error instanceof NoReply || (error instanceof Failure && error.code === 'kernel.unavailable')) throw error;
    return { refusal: error };
  }
}
