import { Alarm, type Randomness } from '#kernel/base';
import type { PartitionReading } from './assigned.js';

/** Begins to read a partition again and again until it is stopped: at once when it is woken, else now and then. */
export abstract class PartitionLoop implements PartitionReading {
  abstract readonly finished: Promise<void>;
  protected readonly stopping = new AbortController();
  /** In a row. */
  protected failures = 0;
  private readonly alarm = new Alarm();

  wake(): void {
    this.alarm.wake();
  }

  stop(): void {
    this.stopping.abort();
    this.alarm.wake();
  }

  protected get stopped(): boolean {
    return this.stopping.signal.aborted;
  }

  /** `before`: who read it before here, while that one finishes. */
  protected async run(before: Promise<void> | undefined, randomness: Randomness, everyMs: number): Promise<void> {
    await before;
    while (!this.stopped) {
      try {
        await this.readOn();
        this.failures = 0;
      } catch (error) {
        this.failed(error);
      }
      if (!this.stopped) await this.alarm.sleep(randomness.jitter(everyMs));
    }
  }

  /** From the place that is kept until there is no going on. */
  protected abstract readOn(): Promise<void>;

  /** Counts it where it is one, and tells of it where it is not the first. */
  protected abstract failed(error: unknown): void;
}
