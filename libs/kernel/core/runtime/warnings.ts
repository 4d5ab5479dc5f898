import { Logger } from '@nestjs/common';

const EVERY_MS = 10_000;

/** Logs a warning once in ten seconds: partitions and slots tend to fail together, and each tries again many times. */
export class Warnings {
  private readonly logger: Logger;
  private readonly loggedAt = new Map<string, number>();

  constructor(name: string) {
    this.logger = new Logger(name);
  }

  /** `what` decides whether the warning was logged a short time ago; `why` is added to it. */
  warn(what: string, why: string): void {
    const now = performance.now();
    if (now - (this.loggedAt.get(what) ?? Number.NEGATIVE_INFINITY) < EVERY_MS) return;
    this.loggedAt.set(what, now);
    this.logger.warn(`${what}: ${why}`);
  }
}
