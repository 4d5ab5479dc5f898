import { createTopicsV7, deleteTopicsV6 } from '@platformatic/kafka';
import type { Cluster } from './cluster.js';
import { KafkaFailure } from './failures.js';

export interface TopicOptions {
  readonly partitions: number;
  /** So many brokers keep a copy, where there are so many. */
  readonly replication: number;
  readonly retentionMs: number;
  /** What is kept is deleted in pieces of so long, where not of a broker's usual week. */
  readonly segmentMs?: number;
  /** No record is larger. */
  readonly maxBytes: number;
}

const MADE_WITHIN_MS = 5_000;
const EXISTS = 36;
const UNKNOWN = 3;
/** Around the largest value: its key, its headers. */
const ROOM_BYTES = 256 * 1024;

/** Makes a topic where there is none; who comes second finds it made. */
export async function makeTopic(cluster: Cluster, name: string, options: TopicOptions): Promise<void> {
  const replication = Math.min(options.replication, cluster.size);
  const configs = {
    'cleanup.policy': 'delete',
    'retention.ms': String(options.retentionMs),
    'message.timestamp.type': 'LogAppendTime', // by the clock of a process that is slow it would be gone at once
    'unclean.leader.election.enable': 'false',
    ...(options.segmentMs === undefined ? {} : { 'segment.ms': String(options.segmentMs) }),
    'max.message.bytes': String(options.maxBytes + ROOM_BYTES),
    // With two of three, what was acknowledged outlives any one broker, and any one may be away.
    ...(replication >= 3 ? { 'min.insync.replicas': '2' } : {}),
  };
  const wanted = {
    name,
    numPartitions: options.partitions,
    replicationFactor: replication,
    assignments: [],
    configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
  };
  const { topics } = await cluster.ask(cluster.anyNode(), createTopicsV7, [[wanted], MADE_WITHIN_MS, false]);
  const { errorCode, errorMessage } = topics[0]!;
  if (errorCode !== 0 && errorCode !== EXISTS)
    throw new KafkaFailure(errorCode, `${name} cannot be made: ${errorMessage}`);
}

/** Deletes a topic; of one that is not there nothing need be deleted. */
export async function removeTopic(cluster: Cluster, name: string): Promise<void> {
  const { responses } = await cluster.ask(cluster.anyNode(), deleteTopicsV6, [[{ name }], MADE_WITHIN_MS]);
  const { errorCode, errorMessage } = responses[0]!;
  if (errorCode !== 0 && errorCode !== UNKNOWN)
    throw new KafkaFailure(errorCode, `${name} cannot be deleted: ${errorMessage}`);
}
