import type { Logger } from '@nestjs/common';
import { errorText } from '../errors/error-report.js';
import type { OutboxRow } from '../outbox/destination.js';
import type { Randomness } from '../runtime/clock.js';
import { pause } from '../runtime/deadline.js';

const BACKOFF_MS = 5_000;

/** Gives rows to who takes them, again and again until they are taken. @returns false where it was stopped before they were */
export async function taken(
  take: () => Promise<void>,
  from: {
    readonly what: string;
    readonly logger: Logger;
    readonly randomness: Randomness;
    readonly signal: AbortSignal;
  },
): Promise<boolean> {
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

/** Undefined where it is none, which only what is unsigned can be. */
export function rowIn(body: string): OutboxRow | undefined {
  try {
    return JSON.parse(body) as OutboxRow;
  } catch {
    return undefined; // its error would quote what it read
  }
}
