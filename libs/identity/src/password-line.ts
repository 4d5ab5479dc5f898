import { availableParallelism } from 'node:os';
import { Injectable } from '@nestjs/common';
import { Clock, Limit } from '#kernel/base';
import { callContext } from '#kernel/core';
import type { Failure } from '#kernel/messages';
import { Register } from './contracts/index.js';

/** Node has four threads for such work, and one of them is left to everything else. */
const AT_ONCE = Math.min(availableParallelism(), 3);

/** What one hash takes where nothing else is to do. */
const AT_BEST_MS = 30;

/**
 * The line of those whose password is hashed, which takes a core for a while: of a crowd the last would be heard when nobody
 * waits for the answer any more. Whoever could not be served in half of the time that is left learns that at once; who is in
 * line and was not served by then, learns it then.
 */
@Injectable()
export class PasswordLine {
  private readonly limit = new Limit(AT_ONCE);

  constructor(private readonly clock: Clock) {}

  /** @throws identity.busy, as log-in and registration declare it */
  async run<Result>(hash: () => Promise<Result>): Promise<Result> {
    const { deadline = Number.POSITIVE_INFINITY } = callContext() ?? {};
    const latest = this.clock.now() + (deadline - this.clock.now()) / 2;
    if (this.clock.now() + this.waitMs > latest) throw this.busy();
    return this.limit.run(() => {
      if (this.clock.now() > latest) throw this.busy();
      return hash();
    });
  }

  /** Until whoever comes now is served, at best. */
  private get waitMs(): number {
    return ((this.limit.line + 1) * AT_BEST_MS) / AT_ONCE;
  }

  private busy(): Failure {
    return Register.failure('identity.busy', { retryAfter: Math.ceil(this.waitMs / 1_000) });
  }
}
