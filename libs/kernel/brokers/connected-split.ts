import type { Split } from '#kernel/core';
import type { GuardedCalls } from './guarded-calls.js';

/** The transports between this process and those that run other contexts, with a circuit breaker for each of these. */
export interface ConnectedSplit extends Split {
  readonly calls?: GuardedCalls | undefined;
}
