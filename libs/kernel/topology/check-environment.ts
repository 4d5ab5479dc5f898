import type { Environment } from '#kernel/base';
import { type Carrier, carriersOf, type Topology, WrongTopology } from './topology.js';
import { either, listed, nearest } from './words.js';

/**
 * Checks that the environment has what a topology needs. `process`: which kind this one is; CLEAVE_PROCESS says it where it
 * is not given, and a topology of one need not be told.
 * @returns the name of the kind
 * @throws WrongTopology with all that is wrong
 */
export function checkEnvironment(
  topology: Topology,
  environment: Environment,
  carriers: readonly Carrier[],
  process?: string,
): string {
  const { file = 'the monolith', processes } = topology;
  const names = [...processes.keys()];
  const problems: string[] = [];
  const name = process ?? (environment['CLEAVE_PROCESS'] || (names.length === 1 ? names[0]! : undefined));
  if (name === undefined) {
    problems.push(`CLEAVE_PROCESS=: ${file} has several processes: say which this is, ${either(names)}`);
  } else if (!processes.has(name) && topology.file === undefined) {
    problems.push(`CLEAVE_PROCESS=${name}: the monolith has no processes: set CLEAVE_TOPOLOGY too, or neither`);
  } else if (!processes.has(name)) {
    const word = nearest(name, names);
    const remedy = `${word === undefined ? 'it' : `did you mean "${word}"? It`} has ${listed(names)}`;
    problems.push(`CLEAVE_PROCESS=${name}: ${file} has no such process: ${remedy}`);
  }
  for (const carrier of carriersOf(topology, carriers)) {
    const { name: transport, address } = carrier;
    const carried = (['calls', 'events'] as const).filter((key) => topology[key] === transport).join(' and ');
    if (address && !environment[address.setting])
      problems.push(
        `${address.setting}=: must be set, since ${carried} of ${file} go by ${transport}, as ${address.example}`,
      );
    problems.push(...carrier.check(environment));
  }
  const leaves = topology.calls !== 'local' || topology.events !== 'local';
  if (leaves && environment['NODE_ENV'] === 'production' && !environment['CLEAVE_BUS_KEY']) {
    const remedy = 'one secret for all processes, as from openssl rand -base64 32';
    problems.push(`CLEAVE_BUS_KEY=: must be set in production, where messages of ${file} leave the process: ${remedy}`);
  }
  if (problems.length > 0) throw new WrongTopology(problems);
  return name!;
}
