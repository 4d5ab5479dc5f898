import { Logger } from '@nestjs/common';
import type { KafkaRecord, RecordsBatch } from '@platformatic/kafka';
import { type Randomness, within } from '#kernel/base';
import { type MessagePacks, PartitionLoop, takenAll } from '#kernel/brokers';
import type { Take } from '#kernel/core';
import type { MessageEnvelope } from '#kernel/messages';
import type { Cluster, Topic } from './cluster.js';
import { reasonOf } from './failures.js';
import type { Fetched, Fetcher } from './fetcher.js';
import type { LogOffset } from './log-offset.js';
import type { ReaderOffsets } from './offsets.js';
import { destinationOf, LOG_HEADER } from './record.js';

export interface PartitionReaderOptions {
  readonly cluster: Cluster;
  readonly fetcher: Fetcher;
  readonly offsets: ReaderOffsets;
  readonly packs: MessagePacks;
  readonly randomness: Randomness;
  readonly publisher: string;
  readonly topic: string;
  readonly reader: string;
  readonly batch: number;
  readonly take: Take;
  readonly refused: () => void;
}

const LOOK_AGAIN_MS = 1_000;
/**
 * Between two looks at the committed offset, while nothing comes: a process that read before, and hung meanwhile, may have put
 * it back. All partitions are looked at together, with one request.
 */
const CHECK_EVERY_MS = 10_000;
/** Between two commits while nothing comes: Kafka forgets an offset after a week (offsets.retention.minutes). */
const COMMIT_EVERY_MS = 3_600_000;
const IS_CONTROL = 1 << 5;

/**
 * Reads one partition for one context: from the offset that its group committed, in order, the next rows when these are taken.
 * It is no member of the group: leases say who reads, and two who read the same can only do it twice.
 */
export class PartitionReader extends PartitionLoop {
  private readonly logger = new Logger('Kafka');
  private readonly name: string;
  readonly finished: Promise<void>;

  constructor(
    private readonly partition: number,
    private readonly options: PartitionReaderOptions,
    /** Who read it before here, while that one finishes. */
    before: Promise<void> | undefined,
  ) {
    super();
    this.name = `${options.topic}/${partition}`;
    this.finished = this.run(before, options.randomness, LOOK_AGAIN_MS).then(() => options.offsets.committed());
  }

  protected failed(error: unknown): void {
    const { cluster, reader } = this.options;
    if (++this.failures > 1) cluster.warn(`${reader} cannot read, trying again`, `${this.name}: ${reasonOf(error)}`);
  }

  protected async readOn(): Promise<void> {
    const { cluster, offsets } = this.options;
    const topic = cluster.isReady ? await cluster.topic(this.options.topic) : undefined;
    const at = topic && (await offsets.of(topic.name, this.partition));
    if (!topic || !at?.log.startsWith(`${topic.id}@`)) return; // the publisher has not made it yet
    const reading = new AbortController();
    try {
      await this.readFrom(topic, at, AbortSignal.any([this.stopping.signal, reading.signal]));
    } finally {
      reading.abort();
    }
  }

  private async readFrom(topic: Topic, start: LogOffset, signal: AbortSignal): Promise<void> {
    const { fetcher } = this.options;
    const want = ({ offset, epoch }: LogOffset) =>
      fetcher.next({ topic, partition: this.partition, offset, epoch }, signal);
    let at = start;
    let next = want(at);
    for (;;) {
      const fetched = await this.waitFor(next, at);
      if (!fetched) return;
      if (fetched.kind === 'failed') throw fetched.error;
      if (fetched.kind === 'lost') return this.isLost(at);
      if (fetched.kind === 'diverged') {
        at = { ...at, offset: fetched.offset, epoch: fetched.epoch };
        next = want(at);
        continue;
      }
      const end = endOf(fetched.batches, at);
      next = want(end); // while these are taken
      if (!(await this.readAll(fetched.batches, at))) return;
      at = end;
    }
  }

  /** Waits for what comes next, and sees to it that the offset stays committed meanwhile. */
  private async waitFor(next: Promise<Fetched | undefined>, at: LogOffset): Promise<Fetched | undefined> {
    const { topic, offsets } = this.options;
    for (let committedAt = performance.now(); ;) {
      const now = performance.now();
      const fetched = await within(CHECK_EVERY_MS - (now % CHECK_EVERY_MS), next, 'nothing' as const);
      if (fetched !== 'nothing') return fetched;
      const committed = await offsets.of(topic, this.partition);
      const isBack = committed?.log === at.log && committed.offset < at.offset;
      if (!isBack && now - committedAt < COMMIT_EVERY_MS) continue;
      this.commit(at);
      committedAt = now;
    }
  }

  /** False where it is not to be gone on from there: it was stopped, or the log has begun anew. */
  private async readAll(batches: readonly RecordsBatch[], from: LogOffset): Promise<boolean> {
    const { batch, publisher, take, offsets, reader, randomness } = this.options;
    const { signal } = this.stopping;
    const { logger } = this;
    let at = from;
    let messages: MessageEnvelope[] = [];
    const stale = new Set<string>();
    const pass = async (): Promise<boolean> => {
      const all = messages;
      messages = [];
      const what = `${reader} cannot take ${this.name}`;
      const taking = { what, logger, randomness, signal };
      const done = await takenAll(all, batch, (some) => take(publisher, some), taking);
      if (done && at !== from) this.commit(at);
      return done && !this.stopped;
    };
    for (const { offset, epoch, record } of recordsIn(batches)) {
      if (offset < at.offset) continue;
      const { log, unpacked } = this.unpacked(record, offset);
      if (unpacked && log !== at.log && !stale.has(log)) {
        // Appended to a log that is no more, or it is this one that is no more.
        if (!(await pass())) return false;
        const now = await offsets.of(this.options.topic, this.partition);
        if (now?.log !== at.log) {
          this.wake();
          return false;
        }
        stale.add(log);
      }
      if (unpacked && log === at.log) messages.push(...unpacked);
      at = { ...at, offset: offset + 1, epoch };
      if (messages.length >= batch && !(await pass())) return false;
    }
    at = endOf(batches, at);
    return pass();
  }

  private unpacked(
    { headers, value }: KafkaRecord,
    offset: number,
  ): { log: string; unpacked: readonly MessageEnvelope[] | undefined } {
    const log = headers.find(([name]) => name?.equals(LOG_HEADER))?.[1]?.toString() ?? '';
    const destination = destinationOf(this.options.topic, this.partition, log);
    const unpacked = this.options.packs.unpack(destination, value?.toString() ?? '');
    if (!unpacked) {
      this.logger.warn(`${this.name} ${offset}: refused what was not signed with our key`);
      this.options.refused();
    }
    return { log, unpacked };
  }

  private commit({ log, offset, epoch }: LogOffset): void {
    this.options.offsets.commit({ topic: this.options.topic, partition: this.partition, log, offset, epoch });
  }

  private isLost({ offset }: LogOffset): void {
    const { cluster, reader } = this.options;
    cluster.warn(`${reader} waits to be told again`, `${this.name} has nothing at ${offset} any more`);
  }
}

function* recordsIn(
  batches: readonly RecordsBatch[],
): Generator<{ offset: number; epoch: number; record: KafkaRecord }> {
  for (const { firstOffset, partitionLeaderEpoch: epoch, attributes, records } of batches) {
    if ((attributes & IS_CONTROL) !== 0) continue;
    for (const record of records) yield { offset: Number(firstOffset) + record.offsetDelta, epoch, record };
  }
}

/** The offset after them. */
function endOf(batches: readonly RecordsBatch[], at: LogOffset): LogOffset {
  const { firstOffset, lastOffsetDelta, partitionLeaderEpoch: epoch } = batches.at(-1)!;
  return { ...at, offset: Number(firstOffset) + lastOffsetDelta + 1, epoch };
}
