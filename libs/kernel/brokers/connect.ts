import { type Environment, SystemClock, SystemRandomness } from '#kernel/base';
import type { CallTransport, EventTransport } from '#kernel/core';
import { contractMap, type Topology, TopologySettings, type TransportName } from '#kernel/topology';
import type { Broker, TransportOptions } from './broker.js';
import type { ConnectedSplit } from './connected-split.js';
import { GuardedCalls } from './guarded-calls.js';
import { checkDurability } from './observe.js';

export interface Connecting {
  readonly topology: Topology;
  readonly brokers: readonly Broker[];
  readonly environment: Environment;
  /** The contexts that run in this process. */
  readonly contexts: readonly string[];
  /** Names this process among its replicas. */
  readonly instance: string;
}

/** Connects a process of the topology with the others. Undefined where no message leaves the process. */
export async function connectSplit(connecting: Connecting): Promise<ConnectedSplit | undefined> {
  const { calls, events, processes } = connecting.topology;
  if (calls === 'local' && events === 'local') return undefined;
  const all = [...processes.values()].flatMap(({ contexts }) => contexts);
  const publishes = events !== 'local' && connecting.contexts.length > 0;
  const split = {
    contexts: all,
    readersOf: contractMap().readersOf,
    ...(calls === 'local'
      ? {}
      : { calls: new GuardedCalls(await callsBy(calls, connecting), { clock: new SystemClock() }) }),
    ...(publishes ? { events: await eventsBy(events, connecting) } : {}),
  };
  if (split.events) await checkDurability(split.events, connecting.environment['NODE_ENV'] === 'production');
  return split;
}

/** Deletes the logs of a topology that is no more. Its readers begin elsewhere. @throws Error while the broker is away */
export async function removeLogs(
  topology: Topology,
  brokers: readonly Broker[],
  environment: Environment,
): Promise<void> {
  if (topology.events === 'local') return;
  const connecting = { topology, brokers, environment, contexts: [], instance: 'removes logs' };
  const events = await eventsBy(topology.events, connecting);
  try {
    for (const { contexts } of topology.processes.values()) for (const one of contexts) await events.remove(one);
  } finally {
    await events.close();
  }
}

const callsBy = (name: TransportName, connecting: Connecting): Promise<CallTransport> =>
  brokerNamed(name, connecting).calls!(transportOptions(connecting));

const eventsBy = (name: TransportName, connecting: Connecting): Promise<EventTransport> =>
  brokerNamed(name, connecting).events!(transportOptions(connecting));

/** The topology was checked against these brokers. */
const brokerNamed = (name: TransportName, { brokers }: Connecting): Broker =>
  brokers.find((broker) => broker.name === name)!;

const transportOptions = ({ topology, environment, instance }: Connecting): TransportOptions => ({
  environment,
  hosts: hostsIn(topology),
  partitions: topology.partitions,
  prefix: 'cleave',
  instance,
  key: new TopologySettings(environment).CLEAVE_BUS_KEY,
  clock: new SystemClock(),
  randomness: new SystemRandomness(),
});

/** Where a topology says nothing, a process is found by its name. */
const hostsIn = ({ processes }: Topology): Map<string, readonly string[]> =>
  new Map(
    [...processes].flatMap(([name, { contexts, at = [name] }]) => contexts.map((context) => [context, at] as const)),
  );
