import { MAX_BYTES, MessagePacks, Seal } from '#kernel/brokers';
import type { EventLog, EventTransport, LogReader, Take, TransportStatus } from '#kernel/core';
import { Appender } from './appender.js';
import { Cluster } from './cluster.js';
import { Fetcher } from './fetcher.js';
import { KafkaLogReader } from './kafka-log-reader.js';
import { KafkaLog } from './kafka-log.js';
import type { KafkaOptions } from './kafka-options.js';
import { ReaderOffsets } from './offsets.js';
import { removeTopic } from './topics.js';

export interface KafkaEventsOptions extends KafkaOptions {
  /** What a reader has not read for so long it is told again. */
  readonly retentionMs?: number;
  /** How many messages of a partition are taken at once. */
  readonly batch?: number;
}

const RETENTION_MS = 7 * 24 * 3_600_000;

/** Events over Kafka: a topic for each publisher's log, a group without members for each context that reads. */
export class KafkaEvents implements EventTransport {
  readonly name = 'kafka';
  /** Entries that were not signed by us. */
  readonly counters = { forged: 0 };
  private readonly packs: MessagePacks;
  private readonly cluster: Cluster;
  private readonly appender: Appender;
  private readonly readers = new Set<KafkaLogReader>();

  constructor(private readonly options: KafkaEventsOptions) {
    this.packs = new MessagePacks(new Seal(options.key), options.maxBytes ?? MAX_BYTES);
    this.cluster = new Cluster(options, 'events', () => {
      for (const reader of this.readers) reader.wakeAll();
    });
    this.appender = new Appender(this.cluster);
  }

  get status(): TransportStatus {
    return this.cluster.isReady ? 'connected' : 'away';
  }

  async open(publisher: string, readers: readonly string[]): Promise<EventLog> {
    const { partitions, replication = 3, retentionMs = RETENTION_MS, maxBytes = MAX_BYTES } = this.options;
    const log = new KafkaLog(this.cluster, {
      topic: this.topicOf(publisher),
      beginnings: this.beginnings,
      readers: readers.map((reader) => this.groupOf(reader)),
      packs: this.packs,
      appender: this.appender,
      partitions,
      replication,
      retentionMs,
      maxBytes,
    });
    if (await this.cluster.isReadyWithin(5_000)) await log.open(); // else the first to append does
    return log;
  }

  async read(reader: string, publishers: readonly string[], take: Take): Promise<LogReader> {
    const { batch = 100, randomness } = this.options;
    const logs = publishers.map((publisher) => ({ publisher, topic: this.topicOf(publisher) }));
    const made = new KafkaLogReader(logs, {
      cluster: this.cluster,
      fetcher: new Fetcher(this.cluster, `reads for ${reader}`),
      offsets: new ReaderOffsets(this.cluster, this.beginnings, this.groupOf(reader), randomness),
      packs: this.packs,
      refused: () => void this.counters.forged++,
      reader,
      batch,
      take,
      randomness,
    });
    this.readers.add(made);
    return made;
  }

  async remove(publisher: string): Promise<void> {
    if (!(await this.cluster.isReadyWithin(5_000))) throw new Error('Kafka is away');
    await removeTopic(this.cluster, this.topicOf(publisher));
  }

  /** Kafka keeps what it acknowledged. @throws Error while it is away */
  async persistence(): Promise<'kept'> {
    if (!(await this.cluster.isReadyWithin(5_000))) throw new Error('Kafka is away');
    return 'kept';
  }

  async close(): Promise<void> {
    for (const reader of this.readers) reader.abandon();
    this.cluster.close();
  }

  private get beginnings(): string {
    return `${this.options.prefix}.events`;
  }

  private topicOf(publisher: string): string {
    return `${this.options.prefix}.events.${publisher}`;
  }

  private groupOf(reader: string): string {
    return `${this.options.prefix}.events.${reader}`;
  }
}
