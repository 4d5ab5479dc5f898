import {
  checkEnvironment,
  contractMap,
  type Environment,
  monolith,
  type ProcessKind,
  readTopology,
  type Topology,
} from '#kernel/settings';
import { contextNames } from './contexts.js';

/** Which process of which topology this one is. */
export interface Place {
  readonly topology: Topology;
  readonly process: string;
}

/** The monolith's, which no file declares. */
export const everything: Place = { topology: monolith(contextNames), process: 'monolith' };

export const kindOf = ({ topology, process }: Place): ProcessKind => topology.processes.get(process)!;

/** The topology of this file, whose contexts are all of the shop's. @throws WrongTopology */
export const topologyIn = (file: string): Promise<Topology> =>
  readTopology(file, { contexts: contextNames, contracts: contractMap() });

/** The place that the environment names. @throws WrongTopology where it lacks something */
export function placeIn(topology: Topology, environment: Environment): Place {
  return { topology, process: checkEnvironment(topology, environment) };
}
