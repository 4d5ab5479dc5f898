import { errorText } from '#kernel/base';
import { MAX_BYTES, MessagePacks, Seal } from '#kernel/brokers';
import type { EventLog, EventTransport, LogReader, Take, TransportStatus } from '#kernel/core';
import { Connection, type RedisOptions } from './connection.js';
import { logKeys } from './log-scripts.js';
import { RedisLogReader } from './redis-log-reader.js';
import { RedisLog } from './redis-log.js';

export interface RedisEventsOptions extends RedisOptions {
  /** Of every log; fixed once it is made. */
  readonly partitions: number;
  /** How many messages of a partition are taken at once. */
  readonly batch?: number;
}

/** Events over Redis Streams: a stream for each partition of a publisher's log, a consumer group for each context that reads it. */
export class RedisEvents implements EventTransport {
  readonly name = 'redis';
  /** Entries that were not signed by us. */
  readonly counters = { forged: 0 };
  private readonly packs: MessagePacks;
  private readonly commands: Connection;
  private readonly news: Connection;
  private readonly readers = new Set<RedisLogReader>();

  constructor(private readonly options: RedisEventsOptions) {
    this.packs = new MessagePacks(new Seal(options.key), options.maxBytes ?? MAX_BYTES);
    this.commands = new Connection(options, 'events', { ready: () => this.wakeAll() });
    this.news = new Connection(options, 'news', { ready: () => void this.subscribe() });
    this.news.redis.on('message', (channel, partition) => {
      for (const reader of this.readers) reader.wake(channel, Number(partition));
    });
  }

  get status(): TransportStatus {
    return this.commands.isReady ? 'connected' : 'away';
  }

  async open(publisher: string, readers: readonly string[]): Promise<EventLog> {
    const { prefix, partitions } = this.options;
    const { packs } = this;
    const log = new RedisLog(this.commands, { keys: logKeys(prefix, publisher), partitions, readers, packs });
    if (await this.commands.isReadyWithin(5_000)) await log.check(); // else the first to append does
    return log;
  }

  async read(reader: string, publishers: readonly string[], take: Take): Promise<LogReader> {
    const { prefix, batch = 100, randomness } = this.options;
    const logs = publishers.map((publisher) => ({ publisher, keys: logKeys(prefix, publisher) }));
    const refused = () => void this.counters.forged++;
    const common = { connection: this.commands, packs: this.packs, randomness, reader, batch, take, refused };
    const made = new RedisLogReader(logs, common);
    this.readers.add(made);
    await this.subscribe();
    return made;
  }

  async remove(publisher: string): Promise<void> {
    const keys = logKeys(this.options.prefix, publisher);
    const partitions = Array.from({ length: this.options.partitions }, (_, partition) => keys.partition(partition));
    await this.commands.isReadyWithin(5_000);
    await this.commands.redis.unlink(keys.name, ...partitions);
  }

  /** Whether Redis writes what it was told to a file. Without, it is filled again from the outboxes after each restart. @throws Error while it is away */
  async persistence(): ReturnType<EventTransport['persistence']> {
    await this.commands.isReadyWithin(5_000);
    if (/^aof_enabled:1/m.test(await this.commands.redis.info('persistence'))) return 'kept';
    return { remedy: 'set appendonly yes (redis-cli CONFIG SET appendonly yes; CONFIG REWRITE)' };
  }

  async close(): Promise<void> {
    for (const reader of this.readers) reader.abandon();
    this.commands.close();
    this.news.close();
  }

  private wakeAll(): void {
    for (const reader of this.readers) reader.wakeAll();
  }

  /** What was published while it was away is found by looking. */
  private async subscribe(): Promise<void> {
    const channels = [...new Set([...this.readers].flatMap((reader) => reader.channels))];
    if (channels.length === 0 || !this.news.isReady) return;
    const { epoch } = this.news;
    try {
      await this.news.redis.subscribe(...channels);
      this.wakeAll();
    } catch (error) {
      if (epoch === this.news.epoch) this.news.break(`cannot subscribe: ${errorText(error)}`);
    }
  }
}
