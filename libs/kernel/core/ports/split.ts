import type { CallTransport, EventTransport } from './transport.js';

/** The transports between this process and those that run other contexts. */
export interface Split {
  /** Every context of the application, wherever it runs. */
  readonly contexts: readonly string[];
  /** Which contexts listen to another's events or own commands that it sends. */
  readonly readersOf: (publisher: string) => readonly string[];
  /** Absent where every context that is asked runs here. */
  readonly calls?: CallTransport | undefined;
  /** Absent where messages between contexts stay in this process. */
  readonly events?: EventTransport | undefined;
}
