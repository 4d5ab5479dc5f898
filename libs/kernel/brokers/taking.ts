import type { Logger } from '@nestjs/common';
import { errorText, pause, type Randomness } from '#kernel/base';
import type { MessageEnvelope } from '#kernel/messages';

const BACKOFF_MS = 5_000;

export interface Taking {
  /** The text of the log line of a failure. */
  readonly what: string;
  readonly logger: Logger;
  readonly randomness: Randomness;
  readonly signal: AbortSignal;
}

/** Calls `take` until it succeeds. @returns false where the signal stopped it before */
async function taken(take: () => Promise<void>, from: Taking): Promise<boolean> {
  for (let failures = 0; !from.signal.aborted; failures++) {
    try {
      await take();
      return true;
    } catch (error) {
      from.logger.warn(`${from.what}, trying again: ${errorText(error)}`);
      await pause(from.randomness.jitter(Math.min(50 * 2 ** failures, BACKOFF_MS)), from.signal);
    }
  }
  return false;
}

/** As `taken`, in portions of at most `batch` messages, one after the other. */
export async function takenAll(
  messages: readonly MessageEnvelope[],
  batch: number,
  take: (portion: readonly MessageEnvelope[]) => Promise<void>,
  from: Taking,
): Promise<boolean> {
  for (let at = 0; at < messages.length; at += batch)
    if (!(await taken(() => take(messages.slice(at, at + batch)), from))) return false;
  return true;
}
