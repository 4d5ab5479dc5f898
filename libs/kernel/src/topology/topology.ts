import type { ContractMap } from './contract-map.js';

/** What carries messages between processes; `local`: nothing does, they stay in one. */
export const transportNames = ['local', 'redis', 'kafka'] as const;
export type TransportName = (typeof transportNames)[number];

export const partitionCounts = [1, 2, 4, 8, 16] as const;

/** Which contexts run in which process, and what carries their messages. */
export interface Topology {
  /** Undefined for the monolith that needs no file. */
  readonly file: string | undefined;
  readonly calls: TransportName;
  readonly events: TransportName;
  /** Of each publisher's log, fixed when it is made. */
  readonly partitions: (typeof partitionCounts)[number];
  readonly processes: ReadonlyMap<string, ProcessKind>;
}

/** What one kind of process runs; any number of instances share its work. */
export interface ProcessKind {
  /** Serves the public API: every context's edge. One kind of process does. */
  readonly http: boolean;
  readonly contexts: readonly string[];
}

/** What a topology is checked against. */
export interface Known {
  /** Every context that there is. */
  readonly contexts: readonly string[];
  /** Who speaks to whom; not checked where it is not given. */
  readonly contracts?: ContractMap;
}

/** Everything in one process: what runs where no file says otherwise. */
export const monolith = (contexts: readonly string[]): Topology => ({
  file: undefined,
  calls: 'local',
  events: 'local',
  partitions: 16,
  processes: new Map([['monolith', { http: true, contexts }]]),
});

/** Thrown once, naming every mistake with its place and its remedy. */
export class WrongTopology extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`Wrong topology:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'WrongTopology';
  }
}
