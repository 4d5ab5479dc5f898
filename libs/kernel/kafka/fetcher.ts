import { FetchIsolationLevels, type fetchV17, ProtocolError, type RecordsBatch } from '@platformatic/kafka';
import type { Cluster, Topic } from './cluster.js';
import { responseIn } from './failures.js';

/** What comes next in a partition. */
export interface Wanted {
  readonly topic: Topic;
  readonly partition: number;
  readonly offset: number;
  /** Of the leader that wrote the record before; the broker tells by it whether what was read is still there. */
  readonly epoch: number;
}

export type Fetched =
  | { readonly kind: 'records'; readonly batches: readonly RecordsBatch[] }
  /** What was read from there on is no more: others wrote there since. */
  | { readonly kind: 'diverged'; readonly offset: number; readonly epoch: number }
  /** There is no such offset (any more). */
  | { readonly kind: 'lost' }
  | { readonly kind: 'failed'; readonly error: unknown };

interface Want extends Wanted {
  readonly resolve: (fetched: Fetched | undefined) => void;
}

/** So long the broker waits for something, and who wants something meanwhile must wait too. */
const NEWS_WITHIN_MS = 250;
/** Where nothing has come, and nobody joined or left: each question costs both sides. */
const AT_REST_MS = 1_000;
const PARTITION_BYTES = 512 * 1024;
const ANSWER_BYTES = 8 * 1024 * 1024;
const ANY_LEADER = -1;
const OUT_OF_RANGE = 1;

/**
 * Fetches for all partitions that one context reads: one question to each leader is under way at a time, for all of its
 * partitions that something is wanted of, and it stays with the broker until there is something. By the topic's id, so that
 * nothing comes of a topic that was made anew.
 */
export class Fetcher {
  private readonly wants = new Map<string, Want>();
  private readonly leaders = new Set<number>();
  private closed = false;

  constructor(
    private readonly cluster: Cluster,
    private readonly name: string,
    /** Of a partition at once, but for a record that is larger. */
    private readonly partitionBytes = PARTITION_BYTES,
  ) {}

  /** Undefined where it was cancelled. */
  next(wanted: Wanted, signal: AbortSignal): Promise<Fetched | undefined> {
    if (signal.aborted || this.closed) return Promise.resolve(undefined);
    const leader = wanted.topic.leaders[wanted.partition]!;
    const key = wantKey(wanted.topic.id, wanted.partition);
    return new Promise((resolve) => {
      const cancel = (): void => {
        if (this.wants.get(key) === want) this.wants.delete(key);
        resolve(undefined);
      };
      const want: Want = {
        ...wanted,
        resolve: (fetched) => {
          signal.removeEventListener('abort', cancel);
          resolve(fetched);
        },
      };
      signal.addEventListener('abort', cancel, { once: true });
      this.wants.set(key, want);
      if (!this.leaders.has(leader)) void this.run(leader);
    });
  }

  close(): void {
    this.closed = true;
    for (const want of this.wants.values()) want.resolve(undefined);
    this.wants.clear();
  }

  private async run(leader: number): Promise<void> {
    this.leaders.add(leader);
    for (let asked: readonly Want[] = []; ;) {
      await new Promise(setImmediate); // who just was given something wants more
      const wants = [...this.wants.values()].filter(({ topic, partition }) => topic.leaders[partition] === leader);
      if (this.closed || wants.length === 0) break;
      const same = wants.length === asked.length && wants.every((want, at) => want === asked[at]);
      await this.fetch(leader, wants, same ? AT_REST_MS : NEWS_WITHIN_MS);
      asked = wants;
    }
    this.leaders.delete(leader);
  }

  private async fetch(leader: number, wants: readonly Want[], maxWaitTime: number): Promise<void> {
    const asked = new Map(wants.map((want) => [wantKey(want.topic.id, want.partition), want]));
    try {
      const { responses } = await this.answerOf(leader, wants, maxWaitTime);
      for (const { topicId, partitions } of responses) {
        for (const one of partitions) {
          const want = asked.get(wantKey(topicId.replaceAll('-', ''), one.partitionIndex));
          const fetched = this.fetched(one);
          if (want && fetched) this.give(want, fetched);
        }
      }
    } catch (error) {
      for (const want of wants) this.give(want, { kind: 'failed', error });
    }
  }

  /** One partition that fails is an error of the library, whose session with the broker is not to be used after it. */
  private async answerOf(leader: number, wants: readonly Want[], maxWaitTime: number): Promise<fetchV17.FetchResponse> {
    const topics = [...Map.groupBy(wants, ({ topic }) => topic.id)].map(([topicId, some]) => ({
      topicId,
      partitions: some.map(({ partition, offset, epoch }) => ({
        partition,
        currentLeaderEpoch: ANY_LEADER,
        fetchOffset: BigInt(offset),
        lastFetchedEpoch: epoch,
        partitionMaxBytes: this.partitionBytes,
      })),
    }));
    const isolationLevel = FetchIsolationLevels.READ_UNCOMMITTED;
    const name = `${this.name} from ${leader}`;
    try {
      return await this.cluster.consumer(name).fetch({
        node: leader,
        topics,
        maxWaitTime,
        minBytes: 1,
        maxBytes: ANSWER_BYTES,
        isolationLevel,
      });
    } catch (error) {
      this.cluster.closeConsumer(name);
      const answer = responseIn<fetchV17.FetchResponse>(error);
      if (answer?.errorCode !== 0) throw error;
      return answer;
    }
  }

  /** Undefined where there is nothing yet. */
  private fetched({ errorCode, divergingEpoch, records }: fetchV17.FetchResponsePartition): Fetched | undefined {
    if (errorCode === OUT_OF_RANGE) return { kind: 'lost' };
    if (errorCode !== 0) {
      this.cluster.suspect();
      return { kind: 'failed', error: new ProtocolError(errorCode) };
    }
    if (divergingEpoch && divergingEpoch.endOffset >= 0n)
      return { kind: 'diverged', offset: Number(divergingEpoch.endOffset), epoch: divergingEpoch.epoch };
    return records && records.length > 0 ? { kind: 'records', batches: records } : undefined;
  }

  private give(want: Want, fetched: Fetched): void {
    const key = wantKey(want.topic.id, want.partition);
    if (this.wants.get(key) !== want) return; // cancelled, and another may be there
    this.wants.delete(key);
    want.resolve(fetched);
  }
}

const wantKey = (topicId: string, partition: number): string => `${topicId}/${partition}`;
