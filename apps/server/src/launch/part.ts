import { CannotStart, type Environment } from '#kernel/base';
import type { Needs } from '#kernel/local';
import { bus, data, together } from '../local-services.js';
import { kindOf, type Place } from '../place.js';
import { readCommandLine } from './command-line.js';
import type { Launcher } from './launcher.js';
import { needsOf, processIn, topologyIn } from './topologies.js';

/** What this process is to do: its part of a topology, or to launch all of it. */
export interface Part {
  readonly needs: Needs;
  readonly place?: Place;
  readonly launcher?: Launcher;
}

/**
 * The part that the command line and the environment give this process: the one that CLEAVE_PROCESS names, the only one
 * there is in CLEAVE_TOPOLOGY, or else all. In production all must be asked for, by --topology: a container that was not
 * told which it is must not be everything. @throws CannotStart, WrongTopology
 */
export async function partOf(args: readonly string[], environment: Environment): Promise<Part> {
  const { topology: asked, replicas } = readCommandLine(args);
  const file = asked ?? environment['CLEAVE_TOPOLOGY'];
  if (!file)
    throw new CannotStart(
      'CLEAVE_PROCESS and --replicas need a topology: set CLEAVE_TOPOLOGY, as to topologies/split-redis.yaml, or say --topology.',
    );
  const topology = await topologyIn(file);
  const isMany = asked !== undefined || topology.processes.size > 1 || replicas.size > 0;
  const isOne = environment['CLEAVE_PROCESS'] || (environment['NODE_ENV'] === 'production' && asked === undefined);
  if (isMany && !isOne) {
    const { Launcher } = await import('./launcher.js');
    return { needs: needsOf(topology), launcher: new Launcher(topology, replicas) };
  }
  const place = { topology, process: processIn(topology, environment) };
  return { needs: kindOf(place).contexts.length > 0 ? together(data, bus) : bus, place };
}
