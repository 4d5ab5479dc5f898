import type { Clock, Randomness } from '#kernel/base';

/** What every transport is told. */
export interface BusOptions {
  /** Stands before all names at the broker: several systems may share one. */
  readonly prefix: string;
  /** Names this process in the broker's own lists and in logs. */
  readonly instance: string;
  /** Signs what is sent, and must have signed what comes; undefined in development. */
  readonly key: string | undefined;
  readonly clock: Clock;
  readonly randomness: Randomness;
  /** No request, answer or event may be larger. More than the edge takes: text grows by its escapes when it becomes JSON. */
  readonly maxBytes?: number;
}

export const MAX_BYTES = 4 * 1024 * 1024;

/** The name by which a broker knows a client, in characters that every broker takes. */
export const clientName = ({ prefix, instance }: BusOptions, purpose: string): string =>
  `${prefix}:${purpose}:${instance}`.replaceAll(/[^!-~]/g, '_');
