import { pause, type Randomness, within } from '#kernel/base';
import type { Cluster, Topic } from './cluster.js';
import type { LogOffset } from './log-offset.js';
import { commitOffsets, type CommittedOffset } from './protocol.js';

/** By group, then by partition. */
export type GroupOffsets = ReadonlyMap<string, ReadonlyMap<number, LogOffset>>;

/** The offsets that groups have committed in a topic; one that was never committed, or expired, is missing. */
export async function committedOffsets(
  { admin }: Cluster,
  groups: readonly string[],
  topic: string,
  partitions: readonly number[],
): Promise<GroupOffsets> {
  const topics = [{ name: topic, partitionIndexes: [...partitions] }];
  const found = await admin.listConsumerGroupOffsets({ groups: groups.map((groupId) => ({ groupId, topics })) });
  return new Map(
    found.map((group) => {
      const committed = group.topics.flatMap(({ partitions }) => partitions).filter((one) => one.committedOffset >= 0n);
      const offsets = committed.map(({ partitionIndex, metadata, committedOffset, committedLeaderEpoch }) => {
        const offset = { log: metadata ?? '', offset: Number(committedOffset), epoch: committedLeaderEpoch };
        return [partitionIndex, offset] as const;
      });
      return [group.groupId, new Map(offsets)];
    }),
  );
}

/** Of a partition: an offset, and the leader whose epoch it was then. */
export interface ListedOffset {
  /** -1 where there is no record from that time on. */
  readonly offset: number;
  readonly leaderEpoch: number;
}

/** By partition, the offset of the first record from a time on, in epoch milliseconds, or one of ListOffsetTimestamps. */
export async function listOffsets(
  { admin }: Cluster,
  { name }: Topic,
  partitions: readonly number[],
  timestamp: bigint,
): Promise<ReadonlyMap<number, ListedOffset>> {
  const asked = partitions.map((partitionIndex) => ({ partitionIndex, timestamp }));
  const [found] = await admin.listOffsets({ topics: [{ name, partitions: asked }] });
  return new Map(
    found!.partitions.map(({ partitionIndex, offset, leaderEpoch }) => [
      partitionIndex,
      { offset: Number(offset), leaderEpoch },
    ]),
  );
}

const RETRY_MS = 500;
const COMMITTED_WITHIN_MS = 2_000;

/** The offsets of one reader: those that are asked for in one turn come with one answer, those that are committed leave together. */
export class ReaderOffsets {
  private readonly asked = new Map<string, { partitions: number[]; answer: Promise<GroupOffsets> }>();
  private readonly toCommit = new Map<string, CommittedOffset>();
  private committing: Promise<void> | undefined;
  private readonly abandoned = new AbortController();

  constructor(
    private readonly cluster: Cluster,
    private readonly beginnings: string,
    private readonly group: string,
    private readonly randomness: Randomness,
  ) {}

  /** Where reading goes on; undefined where the publisher has not begun a log yet. */
  async of(topic: string, partition: number): Promise<LogOffset | undefined> {
    const offsets = await this.gathered(topic, partition);
    const beginning = offsets.get(this.beginnings)?.get(partition);
    const own = offsets.get(this.group)?.get(partition);
    return own && own.log === beginning?.log ? own : beginning;
  }

  /** Soon; a later one of the same partition replaces it. */
  commit(offset: CommittedOffset): void {
    this.toCommit.set(keyOf(offset), offset);
    this.committing ??= this.commitAll().finally(() => (this.committing = undefined));
  }

  /** Resolves when all are committed, or cannot be just now. */
  async committed(): Promise<void> {
    if (this.committing) await within(COMMITTED_WITHIN_MS, this.committing, undefined);
  }

  abandon(): void {
    this.abandoned.abort();
  }

  private gathered(topic: string, partition: number): Promise<GroupOffsets> {
    let asked = this.asked.get(topic);
    if (!asked) {
      const partitions: number[] = [];
      const answer = new Promise(setImmediate).then(() => {
        this.asked.delete(topic);
        return committedOffsets(this.cluster, [this.beginnings, this.group], topic, partitions);
      });
      this.asked.set(topic, (asked = { partitions, answer }));
    }
    asked.partitions.push(partition);
    return asked.answer;
  }

  private async commitAll(): Promise<void> {
    while (this.toCommit.size > 0 && !this.abandoned.signal.aborted) {
      const offsets = [...this.toCommit.values()];
      try {
        await commitOffsets(this.cluster, this.group, offsets);
        for (const offset of offsets)
          if (this.toCommit.get(keyOf(offset)) === offset) this.toCommit.delete(keyOf(offset));
      } catch {
        // The cluster logs what prevents it; from an offset that is not committed it is read again.
        await pause(this.randomness.jitter(RETRY_MS), this.abandoned.signal);
      }
    }
  }
}

const keyOf = ({ topic, partition }: CommittedOffset): string => `${topic}/${partition}`;
