import { pause } from '#kernel/base';
import type { Cluster, Topic } from './cluster.js';
import { reasonOf, refusalOf } from './failures.js';

export interface TopicOptions {
  readonly partitions: number;
  /** How many brokers keep a copy, where there are so many. */
  readonly replication: number;
  readonly retentionMs: number;
  /** The span of a segment, which is deleted as a whole; a week by default. */
  readonly segmentMs?: number;
  /** No record is larger. */
  readonly maxBytes: number;
}

const READY_TRIES = 40;
const READY_EVERY_MS = 50;
/** Around the largest value: its key, its headers. */
const ROOM_BYTES = 256 * 1024;

/** The topic, made where there is none; one that is there keeps the number of its partitions. @throws Error where a partition has no leader */
export async function readyTopic(cluster: Cluster, name: string, options: TopicOptions): Promise<Topic> {
  let failure: unknown;
  for (let tries = 0; tries < READY_TRIES; tries++) {
    try {
      const topic = await cluster.topic(name);
      if (topic) return topic;
      await makeTopic(cluster, name, options);
    } catch (error) {
      if (refusalOf(error) !== 'LEADER_NOT_AVAILABLE') throw error;
      failure = error;
    }
    await pause(READY_EVERY_MS);
  }
  throw new Error(`${name} has partitions without a leader`, { cause: failure });
}

async function makeTopic({ admin }: Cluster, name: string, options: TopicOptions): Promise<void> {
  const { brokers } = await admin.metadata({ topics: [], forceUpdate: true });
  const replicas = Math.min(options.replication, brokers.size);
  const configs = {
    'cleanup.policy': 'delete',
    'retention.ms': String(options.retentionMs),
    'message.timestamp.type': 'LogAppendTime', // by the clock of a process that is slow it would be gone at once
    'unclean.leader.election.enable': 'false',
    ...(options.segmentMs === undefined ? {} : { 'segment.ms': String(options.segmentMs) }),
    'max.message.bytes': String(options.maxBytes + ROOM_BYTES),
    // With two of three, what was acknowledged outlives any one broker, and any one may be away.
    ...(replicas >= 3 ? { 'min.insync.replicas': '2' } : {}),
  };
  const wanted = Object.entries(configs).map(([name, value]) => ({ name, value }));
  try {
    await admin.createTopics({ topics: [name], partitions: options.partitions, replicas, configs: wanted });
  } catch (error) {
    if (refusalOf(error) === 'TOPIC_ALREADY_EXISTS') return;
    throw new Error(`${name} cannot be made: ${reasonOf(error)}`, { cause: error });
  }
}

/** Deletes a topic; of one that is not there nothing need be deleted. */
export async function removeTopic({ admin }: Cluster, name: string): Promise<void> {
  try {
    await admin.deleteTopics({ topics: [name] });
  } catch (error) {
    if (refusalOf(error) === 'UNKNOWN_TOPIC_OR_PARTITION') return;
    throw new Error(`${name} cannot be deleted: ${reasonOf(error)}`, { cause: error });
  }
}
