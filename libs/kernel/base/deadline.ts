import { setTimeout as delay } from 'node:timers/promises';

/** Resolves after `milliseconds`, or at once when `signal` aborts. Never rejects. */
export async function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { ...(signal ? { signal } : {}), ref: true }).catch(() => undefined);
}

/** What comes of `work`, or `otherwise` where that takes longer: the work is not stopped by it. */
export async function within<Result, Otherwise>(
  milliseconds: number,
  work: Promise<Result>,
  otherwise: Otherwise,
): Promise<Result | Otherwise> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<Otherwise>((resolve) => (timer = setTimeout(resolve, milliseconds, otherwise)));
  return Promise.race([work, tooLate]).finally(() => clearTimeout(timer));
}

const POLL_MS = 20;

/** Polls a condition until it holds, or that time is over. @returns whether it holds */
export async function holdsWithin(milliseconds: number, condition: () => boolean): Promise<boolean> {
  const end = performance.now() + milliseconds;
  while (!condition() && performance.now() < end) await pause(POLL_MS);
  return condition();
}

/** Something that sleeps until it is woken, or until its time is up; a wake-up while awake is not lost. */
export class Alarm {
  private woken = false;
  private ring: (() => void) | undefined;

  wake(): void {
    this.woken = true;
    this.ring?.();
  }

  async sleep(milliseconds: number): Promise<void> {
    if (!this.woken) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        this.ring = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.ring = undefined;
    this.woken = false;
  }
}

/** At most `size` at once; the rest wait in line. */
export class Limit {
  private free: number;
  private readonly waiting: (() => void)[] = [];

  constructor(size: number) {
    this.free = size;
  }

  /** How many wait. */
  get line(): number {
    return this.waiting.length;
  }

  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.free > 0) this.free--;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.free++;
    }
  }
}
