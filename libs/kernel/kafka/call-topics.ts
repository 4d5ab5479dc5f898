import { listOffsetsV7 } from '@platformatic/kafka';
import { pause } from '#kernel/base';
import { MAX_BYTES } from '#kernel/brokers';
import type { Cluster, Topic } from './cluster.js';
import { KafkaFailure } from './failures.js';
import type { KafkaOptions } from './kafka-options.js';
import { makeTopic } from './topics.js';

/** What lies there is of no use to anyone after half a minute. */
const KEPT_MS = 5 * 60_000;
const TRIES = 20;
const NOBODY = -1;
const READ_UNCOMMITTED = 0;
const END = -1n;

/** The topics of requests and replies. */
export class CallTopics {
  constructor(
    private readonly cluster: Cluster,
    private readonly options: KafkaOptions,
  ) {}

  /** Made where there is none; who comes second finds it with the partitions that it has. */
  async ready(name: string, partitions: number): Promise<Topic> {
    const { maxBytes = MAX_BYTES, replication = 1 } = this.options;
    for (let tries = 0; tries < TRIES; tries++) {
      const topic = this.cluster.watch(name) ?? (await this.cluster.topic(name));
      if (!topic) {
        const retention = { retentionMs: KEPT_MS, segmentMs: KEPT_MS };
        await makeTopic(this.cluster, name, { partitions, replication, maxBytes, ...retention });
      } else if (topic.leaders.length > 0) return topic;
      await pause(20);
    }
    throw new Error(`${name} has no partitions yet`);
  }

  async end(topic: Topic, partition: number): Promise<number> {
    return (await this.offset(topic, partition, END))!;
  }

  /** Of the first record from that time on; undefined where there is none. */
  async since(milliseconds: number, topic: Topic, partition: number): Promise<number | undefined> {
    return this.offset(topic, partition, BigInt(milliseconds));
  }

  private async offset({ name, leaders }: Topic, partition: number, timestamp: bigint): Promise<number | undefined> {
    const leader = leaders[partition];
    if (leader === undefined) throw new Error(`${name}/${partition} has no leader`);
    const partitions = [{ partitionIndex: partition, currentLeaderEpoch: -1, timestamp }];
    const { topics } = await this.cluster.ask(leader, listOffsetsV7, [
      NOBODY,
      READ_UNCOMMITTED,
      [{ name, partitions }],
    ]);
    const { errorCode, offset } = topics[0]!.partitions[0]!;
    if (errorCode !== 0) {
      this.cluster.suspect();
      throw new KafkaFailure(errorCode, `${name}/${partition}`);
    }
    return offset < 0n ? undefined : Number(offset);
  }
}
