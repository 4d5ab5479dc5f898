import type { Clock } from '#kernel/base';

/** So many requests at once, and as many again, evenly, in each window. */
export interface QuotaSize {
  readonly requests: number;
  readonly seconds: number;
}

export interface Taken {
  readonly admitted: boolean;
  /** What may be taken at once after this. */
  readonly remaining: number;
  /** Seconds, rounded up, until there is one more than that. */
  readonly next: number;
}

/** With some hundred bytes a key: about 20 MB at most. */
const MAX_KEYS = 100_000;

/** A quota for each key, in this process's memory: a token bucket as GCRA keeps it, in one number a key. */
export class Quota {
  /** When a key's quota is whole again, in epoch milliseconds; the key used last comes last. */
  private readonly wholeAt = new Map<string, number>();
  private readonly window: number;
  private readonly interval: number;

  constructor(
    private readonly clock: Clock,
    { requests, seconds }: QuotaSize,
  ) {
    this.window = seconds * 1_000;
    this.interval = this.window / requests;
  }

  take(key: string): Taken {
    const now = this.clock.now();
    const spent = Math.min(Math.max((this.wholeAt.get(key) ?? 0) - now, 0), this.window);
    const admitted = spent + this.interval <= this.window + ROUNDING;
    const after = admitted ? spent + this.interval : spent;
    if (admitted) this.keep(key, now + after);
    const left = (this.window - after) / this.interval + ROUNDING;
    const remaining = Math.floor(left);
    return { admitted, remaining, next: Math.ceil(((1 - (left - remaining)) * this.interval) / 1_000) };
  }

  /** Forgets who came longest ago where there are too many: most likely their quota is whole by now. */
  private keep(key: string, wholeAt: number): void {
    this.wholeAt.delete(key);
    this.wholeAt.set(key, wholeAt);
    if (this.wholeAt.size > MAX_KEYS) this.wholeAt.delete(this.wholeAt.keys().next().value!);
  }
}

const ROUNDING = 1e-6;
