import { Injectable } from '@nestjs/common';

/** Says what is wrong, as `away`, in a word or two that anyone may read; undefined where nothing is. */
export type ReadinessCheck = () => string | undefined | Promise<string | undefined>;

/** What must be there, beside the databases, before this process may get requests: whoever needs it adds it. */
@Injectable()
export class Readiness {
  readonly checks = new Map<string, ReadinessCheck>();

  /** `name` is how /health/ready tells it, as `postgres`. */
  add(name: string, check: ReadinessCheck): void {
    this.checks.set(name, check);
  }
}
