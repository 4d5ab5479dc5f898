import { Logger } from '@nestjs/common';
import type { KafkaRecord } from '@platformatic/kafka';
import { type Clock, errorText, pause, type Randomness } from '#kernel/base';
import type { Cluster, Topic } from './cluster.js';
import type { Fetcher } from './fetcher.js';

export interface Reading {
  readonly cluster: Cluster;
  readonly fetcher: Fetcher;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly partition: number;
  /** For logs. */
  readonly purpose: string;
  readonly topic: () => Promise<Topic>;
  /** Where to begin; `afresh` where what was read before is not there any more. */
  readonly begin: (topic: Topic, afresh: boolean) => Promise<number>;
  /** Answers false where it does not take the record, and no more. */
  readonly take: (record: KafkaRecord) => boolean | Promise<boolean>;
  /** Nothing can be read just now. */
  readonly failed?: () => void;
}

const RETRY_MS = 50;
const LONGEST_RETRY_MS = 500;
/** Failures in a row. */
const TOLD = 6;
const ANY_EPOCH = -1;

/** Reads one partition from a place on, whatever becomes of the brokers meanwhile. */
export class Records {
  /** The place of what is taken next; undefined before it is known. */
  next: number | undefined;
  readonly finished: Promise<void>;
  private readonly logger = new Logger('Kafka');
  private topicId: string | undefined;
  private afresh = false;

  constructor(
    private readonly reading: Reading,
    private readonly signal: AbortSignal,
  ) {
    this.finished = this.run();
  }

  private async run(): Promise<void> {
    const { cluster, clock, randomness, purpose, failed } = this.reading;
    for (let failures = 0, failedAt = 0; !this.signal.aborted;) {
      try {
        await cluster.isReadyWithin(LONGEST_RETRY_MS);
        await this.readOn();
      } catch (error) {
        failed?.();
        if (clock.now() - failedAt > 2 * LONGEST_RETRY_MS) failures = 0;
        failedAt = clock.now();
        await pause(randomness.jitter(Math.min(RETRY_MS * 2 ** failures++, LONGEST_RETRY_MS)), this.signal);
        // What was but a moment, or is over by the connection's own account, is not told.
        if (cluster.isReady && failures === TOLD) this.logger.warn(`${purpose} fails: ${errorText(error)}`);
      }
    }
  }

  /** Until it is stopped, or its place is no more. @throws Error where it is to be tried again */
  private async readOn(): Promise<void> {
    const { fetcher, partition, begin } = this.reading;
    const topic = await this.reading.topic();
    if (this.topicId !== undefined && topic.id !== this.topicId) this.lose();
    this.topicId = topic.id;
    this.next ??= await begin(topic, this.afresh);
    while (!this.signal.aborted) {
      const wanted = { topic, partition, offset: this.next, epoch: ANY_EPOCH };
      const fetched = await fetcher.next(wanted, this.signal);
      if (!fetched) return;
      if (fetched.kind === 'failed') throw fetched.error;
      if (fetched.kind !== 'records') return this.lose();
      for (const { firstOffset, records } of fetched.batches) {
        for (const record of records) {
          const offset = Number(firstOffset) + record.offsetDelta;
          if (offset < this.next) continue;
          if (this.signal.aborted || !(await this.reading.take(record))) return;
          this.next = offset + 1;
        }
      }
    }
  }

  private lose(): void {
    this.next = undefined;
    this.afresh = true;
  }
}
