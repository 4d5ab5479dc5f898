import type { Environment } from '../settings/settings.js';
import { type Topology, type TransportName, WrongTopology } from './topology.js';
import { either, listed, nearest } from './words.js';

/** Where the broker of each transport is. */
const brokers: Readonly<Record<Exclude<TransportName, 'local'>, { setting: string; example: string }>> = {
  redis: { setting: 'REDIS_URL', example: 'redis://localhost:6379' },
  kafka: { setting: 'KAFKA_BROKERS', example: 'localhost:9092' },
};

/**
 * Checks that the environment has what a topology needs. `process`: which kind this one is; CLEAVE_PROCESS says it where it
 * is not given, and a topology of one need not be told.
 * @returns the name of the kind
 * @throws WrongTopology with all that is wrong
 */
export function checkEnvironment(topology: Topology, environment: Environment, process?: string): string {
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
  for (const transport of new Set([topology.calls, topology.events])) {
    if (transport === 'local') continue;
    const { setting, example } = brokers[transport];
    const carried = (['calls', 'events'] as const).filter((key) => topology[key] === transport).join(' and ');
    if (!environment[setting])
      problems.push(`${setting}=: must be set, since ${carried} of ${file} go by ${transport}, as ${example}`);
  }
  problems.push(...brokerProblems(environment));
  const leaves = topology.calls !== 'local' || topology.events !== 'local';
  if (leaves && environment['NODE_ENV'] === 'production' && !environment['CLEAVE_BUS_KEY']) {
    const remedy = 'one secret for all processes, as from openssl rand -base64 32';
    problems.push(`CLEAVE_BUS_KEY=: must be set in production, where messages of ${file} leave the process: ${remedy}`);
  }
  if (problems.length > 0) throw new WrongTopology(problems);
  return name!;
}

/** What does not go together in the settings of brokers. */
function brokerProblems(environment: Environment): string[] {
  const set = (name: string): boolean => (environment[name] ?? '') !== '';
  const problems: string[] = [];
  if (set('REDIS_CA_FILE') && set('REDIS_URL') && !environment['REDIS_URL']!.startsWith('rediss://'))
    problems.push(
      'REDIS_CA_FILE: REDIS_URL is redis://, which is not encrypted: write rediss://, or unset REDIS_CA_FILE',
    );
  if (set('KAFKA_CA_FILE') && environment['KAFKA_TLS'] !== 'on')
    problems.push(
      'KAFKA_CA_FILE: KAFKA_TLS is off, so that no certificate is looked at: set KAFKA_TLS=on, or unset it',
    );
  const sasl = ['KAFKA_SASL_MECHANISM', 'KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'];
  const missing = sasl.filter((name) => !set(name));
  if (missing.length > 0 && missing.length < sasl.length)
    problems.push(`${missing.join(', ')}=: must be set with ${sasl.filter(set).join(' and ')}, or none of the three`);
  return problems;
}
