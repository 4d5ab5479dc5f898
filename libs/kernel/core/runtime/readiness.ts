import { Injectable } from '@nestjs/common';

/** Answers what is wrong, as `away`, in a word or two that anyone may read; undefined where nothing is. */
export type ReadinessCheck = () => string | undefined | Promise<string | undefined>;

/** The checks, beside those of the databases, that must pass before this process may get requests. Each part adds its own. */
@Injectable()
export class Readiness {
  readonly checks = new Map<string, ReadinessCheck>();

  /** `name` is how /health/ready names it, as `postgres`. */
  add(name: string, check: ReadinessCheck): void {
    this.checks.set(name, check);
  }
}
