import type { KafkaRecord } from '@platformatic/kafka';
import { Limit, Tasks, within } from '#kernel/base';
import type { Attempt } from '#kernel/brokers';
import type { Cluster, Topic } from './cluster.js';
import { Fetcher } from './fetcher.js';
import { GroupMember } from './group-member.js';
import type { KafkaOptions } from './kafka-options.js';
import { Records } from './records.js';

/** While Kafka hangs, each of several attempts to leave takes seconds. */
const LEFT_WITHIN_MS = 5_000;
/** Some hundred requests: what waits in this process another cannot accept. */
const FETCHED_BYTES = 64 * 1024;

export interface CallConsumption {
  readonly name: string;
  readonly topic: () => Promise<Topic>;
  readonly concurrency: number;
  readonly read: (sealed: string) => readonly Attempt[];
  readonly carryOut: (attempt: Attempt) => Promise<void>;
  /** So old a request is begun by nobody. */
  readonly begunWithinMs: number;
}

/**
 * Accepts requests from the partitions of one context that are this replica's. No offset is committed: whoever is assigned a
 * partition begins with what may still be begun, and what another has begun meanwhile a call id makes harmless.
 */
export class KafkaCallConsumer {
  private readonly assigned = new Map<number, Records>();
  private readonly begun = new Tasks();
  private readonly room: Limit;
  private readonly fetcher: Fetcher;
  private readonly member: GroupMember;
  private isStopping = false;

  constructor(
    private readonly options: KafkaOptions,
    private readonly cluster: Cluster,
    private readonly consumption: CallConsumption,
  ) {
    const { name, topic, concurrency } = consumption;
    this.room = new Limit(concurrency);
    this.fetcher = new Fetcher(cluster, `accepts ${name}`, FETCHED_BYTES);
    this.member = new GroupMember(options, name, {
      ready: topic,
      assigned: (partitions) => this.assign(partitions),
    });
  }

  /** The partitions that are this replica's. */
  get partitions(): readonly number[] {
    return [...this.assigned.keys()];
  }

  get isReady(): boolean {
    const reads = [...this.assigned.values()].every((records) => records.isReady);
    return this.isStopping || (this.member.isJoined && reads);
  }

  /** Accepts no more, and leaves its partitions to others; resolves when everything that was accepted is done. */
  async stop(): Promise<void> {
    await this.close();
    await this.begun.ended();
  }

  /** Without waiting for what was begun. */
  async close(): Promise<void> {
    this.isStopping = true;
    for (const records of this.assigned.values()) records.stop();
    this.fetcher.close();
    await within(LEFT_WITHIN_MS, this.member.leave(), undefined); // else its session ends by itself
    this.assign([]);
  }

  private assign(partitions: readonly number[]): void {
    for (const [partition, records] of this.assigned) {
      if (partitions.includes(partition)) continue;
      records.stop();
      this.assigned.delete(partition);
    }
    const { cluster, fetcher } = this;
    const { clock, randomness } = this.options;
    const { topic, begunWithinMs: since } = this.consumption;
    for (const partition of partitions) {
      if (this.assigned.has(partition) || this.isStopping) continue;
      const accept = (record: KafkaRecord, revoked: AbortSignal) => this.accept(record, revoked);
      const records = new Records({ cluster, fetcher, clock, randomness, topic, partition, since, accept });
      this.assigned.set(partition, records);
    }
  }

  /** Begins each as soon as there is room for it. What is not all begun is there for whoever reads the partition next. */
  private async accept({ value }: KafkaRecord, revoked: AbortSignal): Promise<boolean> {
    for (const attempt of this.consumption.read(String(value))) if (!(await this.start(attempt, revoked))) return false;
    return true;
  }

  private start(attempt: Attempt, revoked: AbortSignal): Promise<boolean> {
    return new Promise((begun) => {
      void this.room.run(async () => {
        const wanted = !revoked.aborted;
        begun(wanted);
        if (!wanted) return;
        await this.begun.add(this.consumption.carryOut(attempt));
      });
    });
  }
}
