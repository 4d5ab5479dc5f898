import { offsetCommitV8, offsetFetchV8 } from '@platformatic/kafka';
import { pause, type Randomness, within } from '#kernel/base';
import type { Cluster } from './cluster.js';
import { KafkaFailure } from './failures.js';

/** What a group keeps for a partition. */
export interface Place {
  /** The log that it is a place in. */
  readonly log: string;
  /** Of the next record to read. */
  readonly offset: number;
  /** Of the leader that wrote the record before it. */
  readonly epoch: number;
}

/** By group, then by partition. */
export type Places = ReadonlyMap<string, ReadonlyMap<number, Place>>;

const NO_MEMBER = -1;
/** Deleted, and its places with it. */
const UNKNOWN_TOPIC = 3;
const coordinatorMoved: readonly number[] = [14, 15, 16];

/** The places that groups keep of a topic; a place that was never kept, or expired, is missing. */
export async function placesOf(
  cluster: Cluster,
  groups: readonly string[],
  topic: string,
  partitions: readonly number[],
): Promise<Places> {
  const found = await Promise.all(groups.map(async (group) => [await cluster.coordinator(group), group] as const));
  const byNode = Map.groupBy(found, ([node]) => node);
  const topics = [{ name: topic, partitionIndexes: [...partitions] }];
  const answers = await Promise.all(
    [...byNode].map(([node, some]) => {
      const asked = some.map(([, groupId]) => ({ groupId, memberEpoch: NO_MEMBER, topics }));
      return cluster.ask(node, offsetFetchV8, [asked, true]);
    }),
  );
  return new Map(
    answers.flatMap((answer) =>
      answer.groups.map(({ groupId, topics, errorCode }) => {
        check(cluster, errorCode, groupId);
        const kept = topics.flatMap(({ partitions }) => partitions);
        const places = kept.flatMap(
          ({ partitionIndex, committedOffset, committedLeaderEpoch, metadata, errorCode }) => {
            check(cluster, errorCode, groupId);
            if (committedOffset < 0n) return [];
            const place = { log: metadata ?? '', offset: Number(committedOffset), epoch: committedLeaderEpoch };
            return [[partitionIndex, place] as const];
          },
        );
        return [groupId, new Map(places)] as const;
      }),
    ),
  );
}

export interface KeptPlace extends Place {
  readonly topic: string;
  readonly partition: number;
}

/** Keeps places for a group that has no members: who reads is decided by leases, and the last to write wins. */
export async function keepPlaces(cluster: Cluster, group: string, places: readonly KeptPlace[]): Promise<void> {
  const topics = [...Map.groupBy(places, ({ topic }) => topic)].map(([name, some]) => ({
    name,
    partitions: some.map(({ partition, offset, epoch, log }) => ({
      partitionIndex: partition,
      committedOffset: BigInt(offset),
      committedLeaderEpoch: epoch,
      committedMetadata: log,
    })),
  }));
  const node = await cluster.coordinator(group);
  const answer = await cluster.ask(node, offsetCommitV8, [group, NO_MEMBER, '', null, topics]);
  const codes = answer.topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode));
  for (const code of codes) if (code !== UNKNOWN_TOPIC) check(cluster, code, group);
}

function check(cluster: Cluster, code: number, group: string): void {
  if (coordinatorMoved.includes(code)) cluster.suspect();
  if (code !== 0) throw new KafkaFailure(code, `places of ${group}`);
}

const RETRY_MS = 500;
const KEPT_WITHIN_MS = 2_000;

/** The places of one reader: those that are asked for in one turn come with one answer, those that are kept leave together. */
export class ReaderPlaces {
  private readonly asked = new Map<string, { partitions: number[]; answer: Promise<Places> }>();
  private readonly toKeep = new Map<string, KeptPlace>();
  private keeping: Promise<void> | undefined;
  private readonly abandoned = new AbortController();

  constructor(
    private readonly cluster: Cluster,
    private readonly beginnings: string,
    private readonly group: string,
    private readonly randomness: Randomness,
  ) {}

  /** Where reading goes on; undefined where the publisher has not begun a log yet. */
  async of(topic: string, partition: number): Promise<Place | undefined> {
    const places = await this.gathered(topic, partition);
    const beginning = places.get(this.beginnings)?.get(partition);
    const own = places.get(this.group)?.get(partition);
    return own && own.log === beginning?.log ? own : beginning;
  }

  /** Soon; a later one of the same partition takes its place. */
  keep(place: KeptPlace): void {
    this.toKeep.set(`${place.topic}/${place.partition}`, place);
    this.keeping ??= this.keepAll().finally(() => (this.keeping = undefined));
  }

  /** Resolves when all are kept, or cannot be just now. */
  async kept(): Promise<void> {
    if (this.keeping) await within(KEPT_WITHIN_MS, this.keeping, undefined);
  }

  abandon(): void {
    this.abandoned.abort();
  }

  private gathered(topic: string, partition: number): Promise<Places> {
    let asked = this.asked.get(topic);
    if (!asked) {
      const partitions: number[] = [];
      const answer = new Promise(setImmediate).then(() => {
        this.asked.delete(topic);
        return placesOf(this.cluster, [this.beginnings, this.group], topic, partitions);
      });
      this.asked.set(topic, (asked = { partitions, answer }));
    }
    asked.partitions.push(partition);
    return asked.answer;
  }

  private async keepAll(): Promise<void> {
    while (this.toKeep.size > 0 && !this.abandoned.signal.aborted) {
      const places = [...this.toKeep];
      this.toKeep.clear();
      try {
        await keepPlaces(
          this.cluster,
          this.group,
          places.map(([, place]) => place),
        );
      } catch {
        // What keeps it from being told the connection tells; a place that is not kept is read from again.
        for (const [key, place] of places) if (!this.toKeep.has(key)) this.toKeep.set(key, place);
        await pause(this.randomness.jitter(RETRY_MS), this.abandoned.signal);
      }
    }
  }
}
