import { readFileSync } from 'node:fs';
import { errorText } from '../errors/error-report.js';
import { SystemClock, SystemRandomness } from '../runtime/clock.js';
import { type Environment, WrongSettings } from '../settings/settings.js';
import { contractMap } from '../topology/contract-map.js';
import type { Topology, TransportName } from '../topology/topology.js';
import { TopologySettings } from '../topology/topology-settings.js';
import { GuardedCalls } from './guarded-calls.js';
import type { KafkaEventsOptions } from './kafka/kafka-events.js';
import { checkDurability } from './observe.js';
import type { Split } from './split.js';
import type { CallTransport, EventTransport } from './transport.js';

/** What a transport is made with. */
interface Connecting {
  readonly topology: Topology;
  readonly environment: Environment;
  /** Which contexts run in this process. */
  readonly contexts: readonly string[];
  /** Names this process among its replicas. */
  readonly instance: string;
}

/** What connects a process of the topology with the others; undefined where all messages stay in this one. A transport that is not named is not loaded. */
export async function connectSplit(connecting: Connecting): Promise<Split | undefined> {
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
export async function removeLogs(topology: Topology, environment: Environment): Promise<void> {
  if (topology.events === 'local') return;
  const events = await eventsBy(topology.events, { topology, environment, contexts: [], instance: 'removes logs' });
  try {
    for (const { contexts } of topology.processes.values()) for (const one of contexts) await events.remove(one);
  } finally {
    await events.close();
  }
}

async function callsBy(name: TransportName, connecting: Connecting): Promise<CallTransport> {
  if (name === 'kafka') {
    const { KafkaCalls } = await import('./kafka/kafka-calls.js');
    return new KafkaCalls(kafkaOptions(connecting));
  }
  const { RedisCalls } = await import('./redis/redis-calls.js');
  return new RedisCalls(redisOptions(connecting));
}

async function eventsBy(name: TransportName, connecting: Connecting): Promise<EventTransport> {
  if (name === 'kafka') {
    const { KafkaEvents } = await import('./kafka/kafka-events.js');
    return new KafkaEvents(kafkaOptions(connecting));
  }
  const { RedisEvents } = await import('./redis/redis-events.js');
  return new RedisEvents({ ...redisOptions(connecting), partitions: connecting.topology.partitions });
}

function redisOptions(connecting: Connecting) {
  const { REDIS_URL: url, REDIS_CA_FILE: ca } = new TopologySettings(connecting.environment);
  return {
    ...busOptions(connecting),
    url: url!, // the topology's check asked for it
    tls: ca === undefined ? undefined : { ca: certificates('REDIS_CA_FILE', ca) },
  };
}

function kafkaOptions(connecting: Connecting): KafkaEventsOptions {
  const settings = new TopologySettings(connecting.environment);
  const { KAFKA_CA_FILE: ca, KAFKA_SASL_MECHANISM: mechanism } = settings;
  return {
    ...busOptions(connecting),
    brokers: settings.KAFKA_BROKERS!, // the topology's check asked for them, and for what goes with a mechanism
    partitions: connecting.topology.partitions,
    replication: settings.KAFKA_REPLICATION,
    retentionMs: settings.KAFKA_RETENTION_HOURS * 3_600_000,
    tls: settings.KAFKA_TLS ? (ca === undefined ? {} : { ca: certificates('KAFKA_CA_FILE', ca) }) : undefined,
    sasl: mechanism && {
      mechanism,
      username: settings.KAFKA_SASL_USERNAME!,
      password: settings.KAFKA_SASL_PASSWORD!,
    },
  };
}

function busOptions({ environment, instance }: Connecting) {
  return {
    prefix: 'cleave',
    instance,
    key: new TopologySettings(environment).CLEAVE_BUS_KEY,
    clock: new SystemClock(),
    randomness: new SystemRandomness(),
  };
}

/** @throws WrongSettings where there is no such file */
function certificates(setting: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new WrongSettings([`${setting}=${file}: cannot be read: ${errorText(error)}`]);
  }
}
