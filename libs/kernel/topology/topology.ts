import type { Environment } from '#kernel/base';
import type { ContractMap } from './contract-map.js';

/** The name of the `Carrier` that carries messages between processes; `local` where they stay in one. */
export type TransportName = string;

/** A broker, as a topology sees it. */
export interface Carrier {
  /** As a topology writes it. */
  readonly name: string;
  readonly carries: readonly ('calls' | 'events')[];
  /** The setting that says where the broker is. */
  readonly address?: { readonly setting: string; readonly example: string };
  /** The settings that contradict each other: a sentence for each, with the remedy. */
  check(environment: Environment): readonly string[];
}

/** The names that a topology may write for its calls or its events. */
export const transportNames = (kind: 'calls' | 'events', carriers: readonly Carrier[]): TransportName[] => [
  'local',
  ...carriers.filter(({ carries }) => carries.includes(kind)).map(({ name }) => name),
];

/** The carriers that a topology's messages go by. */
export const carriersOf = <Kind extends Carrier>({ calls, events }: Topology, carriers: readonly Kind[]): Kind[] =>
  carriers.filter(({ name }) => name === calls || name === events);

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
  /** The hosts on which its instances run, as `host` or `host:port`; undefined where they are found by its name. */
  readonly at?: readonly string[] | undefined;
}

/** What a topology is checked against. */
export interface Known {
  /** Every context that there is. */
  readonly contexts: readonly string[];
  /** Every carrier that there is. */
  readonly carriers: readonly Carrier[];
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
