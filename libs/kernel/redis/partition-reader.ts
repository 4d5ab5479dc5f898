import { Logger } from '@nestjs/common';
import { errorText, type Randomness } from '#kernel/base';
import { type MessagePacks, PartitionLoop, takenAll } from '#kernel/brokers';
import type { Take } from '#kernel/core';
import type { MessageEnvelope } from '#kernel/messages';
import type { Connection } from './connection.js';
import { type LogKeys, placesOf } from './log-scripts.js';

export interface PartitionReaderOptions {
  readonly connection: Connection;
  readonly packs: MessagePacks;
  readonly randomness: Randomness;
  readonly keys: LogKeys;
  readonly publisher: string;
  readonly reader: string;
  readonly batch: number;
  readonly take: Take;
  readonly refused: () => void;
}

/** Notifications make it quick; this poll makes it reliable. */
const LOOK_EVERY_MS = 5_000;

/**
 * Reads one partition for one context: from the offset that the broker keeps for it, in order, the next messages when these are
 * handled. The broker does not hand out entries (XREADGROUP): a process that was frozen and woke after its lease would take
 * some from its successor, and a key's messages out of order. Two readers of the whole partition can only repeat it.
 */
export class PartitionReader extends PartitionLoop {
  private readonly logger = new Logger('Redis');
  private readonly stream: string;
  readonly finished: Promise<void>;

  constructor(
    partition: number,
    private readonly options: PartitionReaderOptions,
    /** Who read it before here, while that one finishes. */
    before: Promise<void> | undefined,
  ) {
    super();
    this.stream = options.keys.partition(partition);
    this.finished = this.run(before, options.randomness, LOOK_EVERY_MS);
  }

  protected failed(error: unknown): void {
    // Once, and each reader would tell what its connection finds out at the same moment.
    if (this.options.connection.isReady && ++this.failures > 1)
      this.logger.warn(`reading ${this.stream} failed, trying again: ${errorText(error)}`);
  }

  /** Reads from the kept offset to the end. Asks for the offset anew each time, because the broker may have gone back. */
  protected async readOn(): Promise<void> {
    const { connection, batch, publisher, take, reader, randomness } = this.options;
    const { redis, epoch } = connection;
    let place = await this.place();
    while (place !== undefined && !this.stopped) {
      const entries = await redis.xrange(this.stream, `(${place}`, '+', 'COUNT', batch);
      if (entries.length === 0) return;
      const what = `${reader} cannot take ${this.stream}`;
      const from = { what, logger: this.logger, randomness, signal: this.stopping.signal };
      for (const { messages, last } of this.portions(entries)) {
        if (!(await takenAll(messages, batch, (some) => take(publisher, some), from))) return;
        if (connection.epoch !== epoch) return this.wake(); // it may be another's log now: begin at its place
        await redis.xgroup('SETID', this.stream, reader, last);
        place = last;
      }
    }
  }

  /** Undefined where the publisher has not made its log yet. */
  private async place(): Promise<string | undefined> {
    const { connection, reader } = this.options;
    const places = await placesOf(connection.redis, this.stream);
    const place = places?.get(reader);
    if (!places || place !== undefined) return place;
    await connection.redis.xgroup('CREATE', this.stream, reader, '0'); // deleted, or of a reader that is new
    return '0-0';
  }

  /** Groups whole entries until they have a batch of messages, with the id of the last entry: the offset moves between groups. */
  private *portions(entries: readonly [string, string[]][]): Generator<{ messages: MessageEnvelope[]; last: string }> {
    let messages: MessageEnvelope[] = [];
    for (const [index, [last, [, entry = '']]] of entries.entries()) {
      messages.push(...this.unpacked(last, entry));
      if (messages.length < this.options.batch && index < entries.length - 1) continue;
      yield { messages, last };
      messages = [];
    }
  }

  private unpacked(id: string, entry: string): MessageEnvelope[] {
    const messages = this.options.packs.unpack(this.stream, entry);
    if (messages) return messages;
    this.logger.warn(`${this.stream} ${id}: refused what was not signed with our key`);
    this.options.refused();
    return [];
  }
}
