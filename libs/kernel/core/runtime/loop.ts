import { Logger } from '@nestjs/common';
import { Alarm, errorText } from '#kernel/base';

/** Does something again and again. What fails is told as a warning, and done again. */
export class Loop {
  private readonly alarm = new Alarm();
  private stopping = false;
  private running: Promise<void> | undefined;

  /** `round` may answer in how many milliseconds to come again, where that is not `everyMs`; `failing` is said of its errors. */
  constructor(
    private readonly name: string,
    private readonly failing: string,
    private readonly everyMs: number,
    private readonly round: () => Promise<number | void>,
  ) {}

  start(firstAfterMs = 0): void {
    this.running = this.run(firstAfterMs);
  }

  /** Now, rather than when it is time. */
  wake(): void {
    this.alarm.wake();
  }

  /** Finishes what was begun. */
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
