import { monolith, type ProcessKind, type Topology } from '#kernel/topology';
import { contextNames } from './contexts.js';

/** Which process of which topology this one is. */
export interface Place {
  readonly topology: Topology;
  readonly process: string;
}

/** The monolith's, which no file declares. */
export const everything: Place = { topology: monolith(contextNames), process: 'monolith' };

export const kindOf = ({ topology, process }: Place): ProcessKind => topology.processes.get(process)!;
