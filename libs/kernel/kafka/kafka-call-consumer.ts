import { Logger } from '@nestjs/common';
import type { KafkaRecord } from '@platformatic/kafka';
import { errorText, Limit, pause, Tasks, within } from '#kernel/base';
import type { Attempt } from '#kernel/brokers';
import type { CallTopics } from './call-topics.js';
import type { Cluster, Topic } from './cluster.js';
import { Fetcher } from './fetcher.js';
import { GroupMember } from './group-member.js';
import type { KafkaOptions } from './kafka-options.js';
import { keepPlaces, placesOf } from './places.js';
import { Records } from './records.js';

/** Between two times that the broker is told what was begun. */
const KEEP_MS = 100;
const LOOK_MS = 20;
/** While Kafka hangs, each of several attempts to leave takes seconds. */
const LEFT_WITHIN_MS = 5_000;
/** Some hundred requests: what waits in this process another cannot take. */
const FETCHED_BYTES = 64 * 1024;

export interface CallConsumption {
  readonly topic: string;
  readonly concurrency: number;
  readonly read: (sealed: string) => readonly Attempt[];
  readonly carryOut: (attempt: Attempt) => Promise<void>;
  /** So old a request is begun by nobody. */
  readonly begunWithinMs: number;
}

interface Mine {
  readonly records: Records;
  readonly lost: AbortController;
}

/**
 * Takes requests from the partitions of one context that are this replica's. The places are kept in a group beside the
 * one that shares the partitions, which takes them from anyone at any time: one that is a moment old only repeats what a
 * call id makes harmless.
 */
export class KafkaCallConsumer {
  private readonly logger = new Logger('Kafka');
  private readonly mine = new Map<number, Mine>();
  private readonly begun = new Tasks();
  private readonly kept = new Map<number, number>();
  private readonly stopped = new AbortController();
  private readonly room: Limit;
  private readonly fetcher: Fetcher;
  private readonly member: GroupMember;
  private readonly keeping: Promise<void>;

  constructor(
    private readonly options: KafkaOptions,
    private readonly cluster: Cluster,
    private readonly topics: CallTopics,
    private readonly consumption: CallConsumption,
  ) {
    const { topic, concurrency } = consumption;
    this.room = new Limit(concurrency);
    this.fetcher = new Fetcher(cluster, `takes ${topic}`, FETCHED_BYTES);
    this.member = new GroupMember(options, topic, {
      ready: () => this.topic(),
      assigned: (partitions) => this.assign(partitions),
    });
    this.keeping = this.keep();
  }

  /** The partitions that are this replica's. */
  get partitions(): readonly number[] {
    return [...this.mine.keys()];
  }

  get isReady(): boolean {
    const placed = [...this.mine.values()].every(({ records }) => records.next !== undefined);
    return this.isStopping || (this.member.isJoined && placed);
  }

  /** Waits for it as long as that. */
  async isReadyWithin(milliseconds: number): Promise<boolean> {
    for (let waited = 0; waited < milliseconds && !this.isReady; waited += LOOK_MS) await pause(LOOK_MS);
    return this.isReady;
  }

  /** Takes no more, and lets others have what was its; resolves when everything that was taken is done. */
  async stop(): Promise<void> {
    await this.close();
    await this.begun.ended();
  }

  /** Without waiting for what was begun. */
  async close(): Promise<void> {
    this.stopped.abort();
    this.fetcher.close();
    await this.keeping;
    await within(LEFT_WITHIN_MS, this.member.leave(), undefined); // else its session ends by itself
    this.assign([]);
  }

  private get isStopping(): boolean {
    return this.stopped.signal.aborted;
  }

  private assign(partitions: readonly number[]): void {
    for (const [partition, { lost }] of this.mine) {
      if (partitions.includes(partition)) continue;
      lost.abort();
      this.mine.delete(partition);
      this.kept.delete(partition);
    }
    for (const partition of partitions) {
      if (this.mine.has(partition) || this.isStopping) continue;
      const lost = new AbortController();
      const { cluster, fetcher } = this;
      const { clock, randomness } = this.options;
      const reading = {
        cluster,
        fetcher,
        clock,
        randomness,
        partition,
        purpose: `taking from ${this.consumption.topic}/${partition}`,
        topic: () => this.topic(),
        begin: (topic: Topic, afresh: boolean) => this.begin(topic, partition, afresh),
        take: (record: KafkaRecord) => this.take(record, lost.signal),
      };
      const records = new Records(reading, AbortSignal.any([lost.signal, this.stopped.signal]));
      this.mine.set(partition, { records, lost });
    }
  }

  /** Where it was left off. Where nobody has been yet: what was asked just now. */
  private async begin(topic: Topic, partition: number, afresh: boolean): Promise<number> {
    const kept = afresh ? undefined : await placesOf(this.cluster, [this.group], topic.name, [partition]);
    const place = kept?.get(this.group)?.get(partition);
    if (place?.log === topic.id) return place.offset;
    const recent = this.options.clock.now() - this.consumption.begunWithinMs;
    const end = await this.topics.end(topic, partition);
    return (await this.topics.since(recent, topic, partition)) ?? end;
  }

  /** Begins each as soon as there is room for it. What is not all begun is there for the next who reads the partition. */
  private async take({ value }: KafkaRecord, lost: AbortSignal): Promise<boolean> {
    for (const attempt of this.consumption.read(String(value))) if (!(await this.start(attempt, lost))) return false;
    return true;
  }

  private start(attempt: Attempt, lost: AbortSignal): Promise<boolean> {
    return new Promise((begun) => {
      void this.room.run(async () => {
        const wanted = !lost.aborted && !this.isStopping;
        begun(wanted);
        if (!wanted) return;
        await this.begun.add(this.consumption.carryOut(attempt));
      });
    });
  }

  /** Until it stops, and once more then. */
  private async keep(): Promise<void> {
    while (!this.isStopping) {
      await pause(KEEP_MS, this.stopped.signal);
      if (this.cluster.isReady) await this.keepMoved();
    }
  }

  private async keepMoved(): Promise<void> {
    const topic = this.cluster.watch(this.consumption.topic);
    if (!topic) return;
    const moved = [...this.mine].flatMap(
      ([
        partition,
        {
          records: { next },
        },
      ]) =>
        next === undefined || next === this.kept.get(partition)
          ? []
          : [{ topic: topic.name, partition, log: topic.id, offset: next, epoch: -1 }],
    );
    if (moved.length === 0) return;
    try {
      await keepPlaces(this.cluster, this.group, moved);
      for (const { partition, offset } of moved) this.kept.set(partition, offset);
    } catch (error) {
      this.logger.debug(`${topic.name}: places were not kept: ${errorText(error)}`); // they are the next time
    }
  }

  private topic(): Promise<Topic> {
    return this.topics.ready(this.consumption.topic, this.options.partitions);
  }

  private get group(): string {
    return `${this.consumption.topic}.places`;
  }
}
