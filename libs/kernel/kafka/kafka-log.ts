import { Logger } from '@nestjs/common';
import { ListOffsetTimestamps } from '@platformatic/kafka';
import { Limit, pause } from '#kernel/base';
import { type MessagePacks, portionsOf } from '#kernel/brokers';
import { type EventLog, Forgotten, type LogPosition, type Settlement } from '#kernel/core';
import type { MessageEnvelope } from '#kernel/messages';
import { WrongTopology } from '#kernel/topology';
import { type Appender, BATCH_BYTES, type NewRecord } from './appender.js';
import type { Cluster, Topic } from './cluster.js';
import type { LogOffset } from './log-offset.js';
import { committedOffsets, listOffsets } from './offsets.js';
import { commitOffsets, endOfEpoch } from './protocol.js';
import { destinationOf, LOG_HEADER } from './record.js';
import { readyTopic, type TopicOptions } from './topics.js';

export interface KafkaLogOptions extends TopicOptions {
  readonly topic: string;
  /** The group that has committed where each partition's log begins. */
  readonly beginnings: string;
  /** The groups of those that read it. */
  readonly readers: readonly string[];
  readonly packs: MessagePacks;
  readonly appender: Appender;
}

/** A partition as of the last look. */
interface Part {
  readonly leader: number;
  /** Of the leader: what was lost, was lost before its first record. */
  readonly leaderEpoch: number;
  readonly log: string;
  /** What every reader has read lies before these. */
  readonly readers: readonly LogOffset[];
  end: number;
  /** When its beginning was last committed. */
  readonly committedAt: number;
  /** Where the records of earlier leaders end. */
  readonly ends: Map<number, Promise<number>>;
}

/** Kafka forgets the offsets of a group without members after a week (offsets.retention.minutes), each by itself. */
const COMMIT_EVERY_MS = 24 * 3_600_000;
const OPEN_TRIES = 30;
const OPEN_EVERY_MS = 250;

/**
 * The writing end of a publisher's log. A partition's log is `<the topic's id>@<the offset where it begins>`: a group has
 * committed that, and it begins anew once a reader may have lost something in it. A position is `<log>/<the leader's epoch>/<offset>`:
 * an epoch that ended before the offset tells of a tail that was lost. What was not known to be handled is then appended
 * again, and the inboxes drop what they had.
 */
export class KafkaLog implements EventLog {
  readonly partitions: number;
  private readonly logger = new Logger('Kafka');
  private readonly all: readonly number[];
  private readonly parts = new Map<number, Part>();
  private readonly looks = new Limit(1);
  private lookedIn = -1;
  private looking: Promise<void> | undefined;

  constructor(
    private readonly cluster: Cluster,
    private readonly options: KafkaLogOptions,
  ) {
    this.partitions = options.partitions;
    this.all = Array.from({ length: options.partitions }, (_, partition) => partition);
  }

  async append(partition: number, messages: readonly MessageEnvelope[], after: string | undefined): Promise<string> {
    await this.check();
    const { topic, appender } = this.options;
    const from = after === undefined ? undefined : offsetIn(after);
    if (from && !(await this.has(partition, from))) {
      await this.look([partition]); // another process may have appended it
      if (!(await this.has(partition, from))) throw this.forgotten(partition);
    }
    const part = this.parts.get(partition)!;
    const { leader, leaderEpoch } = part;
    const records = this.records(part, partition, messages);
    let last = -1;
    for (const batch of batches(records)) {
      const first = await appender.append({ topic, partition, leader, leaderEpoch }, batch);
      if (from && first <= from.offset) throw this.forgotten(partition);
      last = first + batch.length - 1;
      part.end = Math.max(part.end, last + 1);
    }
    return `${part.log}/${leaderEpoch}/${last}`;
  }

  async settle(positions: readonly LogPosition[]): Promise<Settlement[]> {
    await this.look([...new Set(positions.map(({ partition }) => partition))]);
    return Promise.all(
      positions.map(async ({ partition, position }) => {
        const part = this.parts.get(partition)!;
        const asked = offsetIn(position);
        if (!(await this.has(partition, asked))) return 'forgotten';
        // An offset of an earlier leader may lie beyond what was lost with it.
        const passed = part.readers.every(({ offset, epoch }) => offset > asked.offset && epoch >= asked.epoch);
        return passed ? 'handled' : 'waiting';
      }),
    );
  }

  /** Makes what is missing; a broker that has just begun takes a while. @throws Error where the log was made with another number of partitions */
  async open(): Promise<void> {
    for (let tries = 0; ; tries++) {
      try {
        return await this.check();
      } catch (error) {
        if (error instanceof WrongTopology || tries >= OPEN_TRIES) throw error;
        if (!this.cluster.isReady) return; // then the first to append does
        await pause(OPEN_EVERY_MS);
      }
    }
  }

  /** Makes what is missing. @throws Error where the log was made with another number of partitions */
  async check(): Promise<void> {
    while (this.lookedIn !== this.cluster.epoch) {
      const { epoch } = this.cluster;
      this.looking ??= this.look(this.all)
        .then(() => void (this.lookedIn = epoch))
        .finally(() => (this.looking = undefined));
      await this.looking;
    }
  }

  /** One at a time: two that both find that something was lost would begin two logs. */
  private look(partitions: readonly number[]): Promise<void> {
    return this.looks.run(() => this.lookNow(partitions));
  }

  private async lookNow(partitions: readonly number[]): Promise<void> {
    const { readers, beginnings } = this.options;
    const topic = await this.topic();
    // Offsets before beginnings: who sees what was appended to a log sees its beginning too, and makes no other.
    const [starts, ends] = await Promise.all([
      listOffsets(this.cluster, topic, partitions, ListOffsetTimestamps.EARLIEST),
      listOffsets(this.cluster, topic, partitions, ListOffsetTimestamps.LATEST),
    ]);
    const committed = await committedOffsets(this.cluster, [beginnings, ...readers], topic.name, partitions);
    const looked = partitions.map((partition) => {
      const { offset: end, leaderEpoch } = ends.get(partition)!;
      const before = this.parts.get(partition);
      const read = (log: LogOffset) => readers.map((reader) => inLog(log, committed.get(reader)?.get(partition)));
      const known = committed.get(beginnings)?.get(partition);
      const whole =
        known?.log === logId(topic, known?.offset) &&
        read(known!).every(({ offset }) => offset >= starts.get(partition)!.offset);
      const beginning = whole ? known! : { log: logId(topic, end), offset: end, epoch: leaderEpoch };
      const commit = !whole || !before || performance.now() - before.committedAt >= COMMIT_EVERY_MS;
      const part: Part = {
        leader: topic.leaders[partition]!,
        leaderEpoch,
        log: beginning.log,
        readers: read(beginning),
        end,
        ends: before?.log === beginning.log && before.leaderEpoch === leaderEpoch ? before.ends : new Map(),
        committedAt: commit ? performance.now() : before.committedAt,
      };
      return { partition, part, beginning, commit, anew: before !== undefined && before.log !== part.log };
    });
    const toCommit = looked.filter(({ commit }) => commit);
    const begun = toCommit.map(({ partition, beginning }) => ({ ...beginning, partition, topic: topic.name }));
    if (begun.length > 0) await commitOffsets(this.cluster, beginnings, begun);
    for (const { partition, part } of looked) this.parts.set(partition, part);
    const anew = looked.filter((one) => one.anew).map(({ partition }) => partition);
    if (anew.length > 0)
      this.logger.warn(
        `${topic.name} may have lost something (${anew.join(', ')}): what is not known to be handled is appended again`,
      );
  }

  private async topic(): Promise<Topic> {
    const { topic: name, partitions } = this.options;
    const topic = await readyTopic(this.cluster, name, this.options);
    const { length: had } = topic.leaders;
    if (had === partitions) return topic;
    throw new WrongTopology([
      `partitions: ${partitions}: ${name} has ${had} since it was made, and keeps them: write partitions: ${had}`,
    ]);
  }

  /** Whether the log still has what was appended there. */
  private async has(partition: number, { log, epoch, offset }: LogOffset): Promise<boolean> {
    const part = this.parts.get(partition)!;
    if (log !== part.log || epoch > part.leaderEpoch) return false;
    if (epoch === part.leaderEpoch) return offset < part.end;
    let end = part.ends.get(epoch);
    if (!end) {
      const { leader } = part;
      part.ends.set(epoch, (end = endOfEpoch(this.cluster, { leader, topic: this.options.topic, partition }, epoch)));
      end.catch(() => part.ends.delete(epoch));
    }
    return offset < (await end);
  }

  private forgotten(partition: number): Forgotten {
    return new Forgotten(`${this.options.topic}/${partition} is not what it was`);
  }

  private records({ log }: Part, partition: number, messages: readonly MessageEnvelope[]): NewRecord[] {
    const { topic, packs } = this.options;
    const headers = new Map([[LOG_HEADER, Buffer.from(log)]]);
    const entries = packs.pack(destinationOf(topic, partition, log), messages);
    return entries.map((entry) => ({ value: Buffer.from(entry), headers }));
  }
}

const logId = (topic: Topic, beginning: number | undefined): string => `${topic.id}@${beginning}`;

/** A reader that has committed nothing in this log begins where it does. */
const inLog = (beginning: LogOffset, committed: LogOffset | undefined): LogOffset =>
  committed?.log === beginning.log ? committed : beginning;

function offsetIn(position: string): LogOffset {
  const [log = '', epoch, offset] = position.split('/');
  return { log, epoch: Number(epoch), offset: Number(offset) };
}

/** In order; a batch is no larger than BATCH_BYTES, or has one record alone. */
const batches = (records: readonly NewRecord[]): NewRecord[][] =>
  portionsOf(records, { count: records.length, length: BATCH_BYTES }, ({ value }) => value!.length);
