import { type KafkaRecord, ListOffsetTimestamps } from '@platformatic/kafka';
import type { Clock, Randomness } from '#kernel/base';
import { PartitionLoop } from '#kernel/brokers';
import type { Cluster, Topic } from './cluster.js';
import { reasonOf } from './failures.js';
import type { Fetcher } from './fetcher.js';
import { listOffsets } from './offsets.js';

export interface RecordsOptions {
  readonly cluster: Cluster;
  readonly fetcher: Fetcher;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly topic: () => Promise<Topic>;
  readonly partition: number;
  /** Milliseconds back from now at which reading begins, where there are records; else it begins at the end. */
  readonly since: number;
  /** Answers false where it does not accept the record, and no more; the signal says that reading was stopped. */
  readonly accept: (record: KafkaRecord, stopped: AbortSignal) => boolean | Promise<boolean>;
  /** Nothing can be read just now. */
  readonly failed?: () => void;
}

const RETRY_MS = 200;
/** After so many failures in a row they are logged. */
const LOGGED = 6;
const ANY_EPOCH = -1;

/** Reads the records of calls from one partition, whatever becomes of the brokers meanwhile. */
export class Records extends PartitionLoop {
  readonly finished: Promise<void>;
  private next: { readonly topic: string; readonly offset: number } | undefined;

  constructor(private readonly options: RecordsOptions) {
    super();
    this.finished = this.run(undefined, options.randomness, RETRY_MS);
  }

  /** Whether it has an offset: records that come from now on are read. */
  get isReady(): boolean {
    return this.next !== undefined;
  }

  protected async readOn(): Promise<void> {
    const { cluster, fetcher, partition, accept } = this.options;
    if (!cluster.isReady) return;
    const { signal } = this.stopping;
    const topic = await this.options.topic();
    let offset = this.next?.topic === topic.id ? this.next.offset : await this.begin(topic);
    while (!this.stopped) {
      this.next = { topic: topic.id, offset };
      const fetched = await fetcher.next({ topic, partition, offset, epoch: ANY_EPOCH }, signal);
      if (!fetched) return;
      if (fetched.kind === 'failed') throw fetched.error;
      this.failures = 0;
      if (fetched.kind !== 'records') return void (this.next = undefined);
      for (const { firstOffset, records } of fetched.batches) {
        for (const record of records) {
          const at = Number(firstOffset) + record.offsetDelta;
          if (at < offset) continue;
          if (this.stopped || !(await accept(record, signal))) return;
          offset = at + 1;
        }
      }
    }
  }

  protected failed(error: unknown): void {
    this.options.failed?.();
    if (++this.failures >= LOGGED) this.options.cluster.warn('calls cannot be read', reasonOf(error));
  }

  private async begin(topic: Topic): Promise<number> {
    const { cluster, clock, partition, since } = this.options;
    const first = async (timestamp: bigint) =>
      (await listOffsets(cluster, topic, [partition], timestamp)).get(partition)!.offset;
    const end = await first(ListOffsetTimestamps.LATEST);
    const recent = since > 0 ? await first(BigInt(clock.now() - since)) : -1;
    return recent < 0 ? end : recent;
  }
}
