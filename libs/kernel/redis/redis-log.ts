import { Logger } from '@nestjs/common';
import { secretToken } from '#kernel/base';
import type { MessagePacks } from '#kernel/brokers';
import { type EventLog, Forgotten, type LogPosition, type Settlement } from '#kernel/core';
import type { MessageEnvelope } from '#kernel/messages';
import { WrongTopology } from '#kernel/topology';
import type { Connection } from './connection.js';
import { appendToLog, isBefore, type LogKeys, makeLog, placesOf } from './log-scripts.js';

export interface RedisLogOptions {
  readonly keys: LogKeys;
  readonly partitions: number;
  readonly readers: readonly string[];
  readonly packs: MessagePacks;
}

/**
 * The writing end of a publisher's log. A position is `<the log's id>/<the entry's id>`. The log gets another id once entries may be
 * lost, even if only the server restarted: messages that are not known to be handled are then appended again, and the inboxes
 * drop repeats.
 */
export class RedisLog implements EventLog {
  readonly partitions: number;
  private readonly logger = new Logger('Redis');
  private id: string | undefined;
  private checkedIn = -1;
  private checking: Promise<void> | undefined;

  constructor(
    private readonly connection: Connection,
    private readonly options: RedisLogOptions,
  ) {
    this.partitions = options.partitions;
  }

  async append(partition: number, messages: readonly MessageEnvelope[], after: string | undefined): Promise<string> {
    const { keys, packs } = this.options;
    const entries = packs.pack(keys.partition(partition), messages);
    for (;;) {
      await this.check();
      const { id } = this;
      if (after !== undefined && logOf(after) !== id) throw new Forgotten(`${keys.name} is not what it was`);
      const last = await appendToLog(this.connection.redis, keys, id!, partition, entries);
      if (last !== undefined) return `${id}/${last}`;
      this.checkedIn = -1; // it was lost this very moment
    }
  }

  async settle(positions: readonly LogPosition[]): Promise<Settlement[]> {
    const partitions = [...new Set(positions.map(({ partition }) => partition))];
    const passed = new Map(await Promise.all(partitions.map(async (one) => [one, await this.passed(one)] as const)));
    // After the readers' positions, which thus are of this log and of no later one; and always, for a proxy may hide from us
    // that the server behind it is another.
    await this.look();
    return positions.map(({ partition, position }) => {
      const by = passed.get(partition);
      if (logOf(position) !== this.id || by === undefined) return 'forgotten';
      return isBefore(by, entryOf(position)) ? 'waiting' : 'handled';
    });
  }

  /** Makes what is missing. @throws Error where the log was made with another number of partitions */
  async check(): Promise<void> {
    while (this.id === undefined || this.checkedIn !== this.connection.epoch) {
      this.checking ??= this.look().finally(() => (this.checking = undefined));
      await this.checking;
    }
  }

  private async look(): Promise<void> {
    const { epoch, redis } = this.connection;
    const { keys, partitions, readers } = this.options;
    const run = /^run_id:(\w+)/m.exec(await redis.info('server'))?.[1] ?? '';
    const log = await makeLog(redis, keys, { partitions, readers, run, id: secretToken().slice(0, 16) });
    if (log.partitions !== partitions) {
      throw new WrongTopology([
        `partitions: ${partitions}: ${keys.name} has ${log.partitions} since it was made, and keeps them: write partitions: ${log.partitions}`,
      ]);
    }
    if (this.id !== undefined && this.id !== log.id)
      this.logger.warn(`${keys.name} may have lost something: what is not known to be handled is appended again`);
    this.id = log.id;
    this.checkedIn = epoch;
  }

  /** The entry that every reader has passed; what lies before it goes. Undefined where the stream is gone. */
  private async passed(partition: number): Promise<string | undefined> {
    const { keys, readers } = this.options;
    const stream = keys.partition(partition);
    const groups = await placesOf(this.connection.redis, stream);
    if (!groups) return undefined;
    const positions = readers.map((reader) => groups.get(reader) ?? BEGINNING);
    const lowest = positions.reduce((one, other) => (isBefore(other, one) ? other : one));
    if (lowest !== BEGINNING) await this.connection.redis.xtrim(stream, 'MINID', lowest);
    return lowest;
  }
}

const BEGINNING = '0-0';
const logOf = (position: string): string => position.slice(0, position.indexOf('/'));
const entryOf = (position: string): string => position.slice(position.indexOf('/') + 1);
