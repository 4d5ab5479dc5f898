import { Logger } from '@nestjs/common';
import { Alarm, errorText } from '#kernel/base';

/** Repeats work at an interval. A round that fails is logged as a warning, and the next one comes at the usual time. */
export class Loop {
  private readonly alarm = new Alarm();
  private stopping = false;
  private running: Promise<void> | undefined;

  /** `round` may answer in how many milliseconds the next one begins, where that is not `everyMs`. `failing` stands before its errors in the log. */
  constructor(
    private readonly name: string,
    private readonly failing: string,
    private readonly everyMs: number,
    private readonly round: () => Promise<number | void>,
  ) {}

  start(firstAfterMs = 0): void {
    this.running = this.run(firstAfterMs);
  }

  /** Begins the next round now. */
  wake(): void {
    this.alarm.wake();
  }

  /** Finishes the running round. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.wake();
    await this.running;
  }

  private async run(firstAfterMs: number): Promise<void> {
    await this.alarm.sleep(firstAfterMs);
    while (!this.stopping) {
      const next = await this.round().catch((error: unknown) => {
        new Logger(this.name).warn(`${this.failing}: ${errorText(error)}`);
      });
      await this.alarm.sleep(next ?? this.everyMs);
    }
  }
}
