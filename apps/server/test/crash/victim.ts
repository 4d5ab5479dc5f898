import type { RunningServer } from '../running-server.js';

/** A shop that faults befall. */
export interface Victim {
  readonly server: RunningServer;
  /** One fault, drawn by chance; resolves when it is over and, mostly, the shop answers again. */
  harm(): Promise<void>;
  /** What is still on its way between its processes. */
  underWay(): Promise<string[]>;
  /** Lines about what befell it, for whoever watches. */
  report(): string[];
  stop(): Promise<void>;
}
