import { Failure, kernelFailure } from '#kernel/messages';

/** An error as an edge tells it: a Failure as it is, anything else as `internal`, without its message. */
export const failureOf = (error: unknown): Failure => (error instanceof Failure ? error : kernelFailure('internal'));

/** An error code in words: `lending.already_lent` → "Already lent". */
export function titleOf(code: string): string {
  const words = code.slice(code.lastIndexOf('.') + 1).replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
