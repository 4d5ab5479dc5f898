import type { Alarm } from '#kernel/base';
import type { Warnings } from '../runtime/warnings.js';

/** Shared by the parts of a relay. */
export interface RelayContext {
  /** The context whose outbox is read. */
  readonly publisher: string;
  /** Wakes the relay: there is something to read. */
  readonly alarm: Alarm;
  readonly warnings: Warnings;
  /** Aborts when the relay stops. */
  readonly stopping: AbortSignal;
}
