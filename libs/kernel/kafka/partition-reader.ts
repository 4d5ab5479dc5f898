import { Logger } from '@nestjs/common';
import type { KafkaRecord, RecordsBatch } from '@platformatic/kafka';
import { type Randomness, within } from '#kernel/base';
import { type MessagePacks, PartitionLoop, takenAll } from '#kernel/brokers';
import type { Take } from '#kernel/core';
import type { MessageEnvelope } from '#kernel/messages';
import type { Cluster, Topic } from './cluster.js';
import { why } from './failures.js';
import type { Fetched, Fetcher } from './fetcher.js';
import type { Place, ReaderPlaces } from './places.js';
import { destinationOf, LOG_HEADER } from './record.js';

export interface PartitionReaderOptions {
  readonly cluster: Cluster;
  readonly fetcher: Fetcher;
  readonly places: ReaderPlaces;
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
 * Where nothing comes, it is looked so often whether the place is still kept: who read before, and hung meanwhile, may have
 * put it back. All parts look at once, with one question.
 */
const LOOK_EVERY_MS = 10_000;
/** Kept anew too where nothing comes: Kafka forgets a place after a week (offsets.retention.minutes). */
const KEEP_EVERY_MS = 3_600_000;
const IS_CONTROL = 1 << 5;

/**
 * Reads one partition for one context: from the place that its group keeps, in order, the next rows when these are taken.
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
    this.finished = this.run(before, options.randomness, LOOK_AGAIN_MS).then(() => options.places.kept());
  }

  protected failed(error: unknown): void {
    const { cluster, reader } = this.options;
    if (++this.failures > 1) cluster.warn(`${reader} cannot read, trying again`, `${this.name}: ${why(error)}`);
  }

  protected async readOn(): Promise<void> {
    const { cluster, places } = this.options;
    const topic = cluster.watch(this.options.topic);
    const place = topic && (await places.of(topic.name, this.partition));
    if (!topic || !place?.log.startsWith(`${topic.id}@`)) return; // the publisher has not made it yet
    const reading = new AbortController();
    try {
      await this.readFrom(topic, place, AbortSignal.any([this.stopping.signal, reading.signal]));
    } finally {
      reading.abort();
    }
  }

  private async readFrom(topic: Topic, start: Place, signal: AbortSignal): Promise<void> {
    const { fetcher } = this.options;
    const want = ({ offset, epoch }: Place) =>
      fetcher.next({ topic, partition: this.partition, offset, epoch }, signal);
    let place = start;
    let next = want(place);
    for (;;) {
      const fetched = await this.waitFor(next, place);
      if (!fetched) return;
      if (fetched.kind === 'failed') throw fetched.error;
      if (fetched.kind === 'lost') return this.isLost(place);
      if (fetched.kind === 'diverged') {
        place = { ...place, offset: fetched.offset, epoch: fetched.epoch };
        next = want(place);
        continue;
      }
      const end = endOf(fetched.batches, place);
      next = want(end); // while these are taken
      if (!(await this.readAll(fetched.batches, place))) return;
      place = end;
    }
  }

  /** Waits for what comes next, and sees to it that the place is kept meanwhile. */
  private async waitFor(next: Promise<Fetched | undefined>, place: Place): Promise<Fetched | undefined> {
    const { topic, places } = this.options;
    for (let keptAt = performance.now(); ;) {
      const now = performance.now();
      const fetched = await within(LOOK_EVERY_MS - (now % LOOK_EVERY_MS), next, 'nothing' as const);
      if (fetched !== 'nothing') return fetched;
      const kept = await places.of(topic, this.partition);
      const isBack = kept?.log === place.log && kept.offset < place.offset;
      if (!isBack && now - keptAt < KEEP_EVERY_MS) continue;
      this.keep(place);
      keptAt = now;
    }
  }

  /** False where it is not to be gone on from there: it was stopped, or the log has begun anew. */
  private async readAll(batches: readonly RecordsBatch[], from: Place): Promise<boolean> {
    const { batch, publisher, take, places, reader, randomness } = this.options;
    const { signal } = this.stopping;
    const { logger } = this;
    let place = from;
    let messages: MessageEnvelope[] = [];
    const stale = new Set<string>();
    const pass = async (): Promise<boolean> => {
      const all = messages;
      messages = [];
      const what = `${reader} cannot take ${this.name}`;
      const taking = { what, logger, randomness, signal };
      const done = await takenAll(all, batch, (some) => take(publisher, some), taking);
      if (done && place !== from) this.keep(place);
      return done && !this.stopped;
    };
    for (const { offset, epoch, record } of recordsIn(batches)) {
      if (offset < place.offset) continue;
      const { log, unpacked } = this.unpacked(record, offset);
      if (unpacked && log !== place.log && !stale.has(log)) {
        // Appended to a log that is no more, or it is this one that is no more.
        if (!(await pass())) return false;
        const now = await places.of(this.options.topic, this.partition);
        if (now?.log !== place.log) {
          this.wake();
          return false;
        }
        stale.add(log);
      }
      if (unpacked && log === place.log) messages.push(...unpacked);
      place = { ...place, offset: offset + 1, epoch };
      if (messages.length >= batch && !(await pass())) return false;
    }
    place = endOf(batches, place);
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

  private keep({ log, offset, epoch }: Place): void {
    this.options.places.keep({ topic: this.options.topic, partition: this.partition, log, offset, epoch });
  }

  private isLost({ offset }: Place): void {
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

/** The place after them. */
function endOf(batches: readonly RecordsBatch[], place: Place): Place {
  const { firstOffset, lastOffsetDelta, partitionLeaderEpoch: epoch } = batches.at(-1)!;
  return { ...place, offset: Number(firstOffset) + lastOffsetDelta + 1, epoch };
}
