import { Failure, kernelFailure } from '#kernel/messages';

/** What an edge tells of an error: a Failure as it is; of anything else that it is `internal`, and not a word of what it was. */
export const failureOf = (error: unknown): Failure => (error instanceof Failure ? error : kernelFailure('internal'));

/** What kind of error a code is, in words: `lending.already_lent` → "Already lent". */
export function titleOf(code: string): string {
  const words = code.slice(code.lastIndexOf('.') + 1).replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
