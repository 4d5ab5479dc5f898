import { Logger } from '@nestjs/common';
import { listOffsetsV7, type MessageRecord, offsetForLeaderEpochV4 } from '@platformatic/kafka';
import { Limit, pause } from '#kernel/base';
import { type MessagePacks, portionsOf } from '#kernel/brokers';
import { type EventLog, Forgotten, type LogPosition, type Settlement } from '#kernel/core';
import type { MessageEnvelope } from '#kernel/messages';
import { WrongTopology } from '#kernel/topology';
import { type Appender, BATCH_BYTES } from './appender.js';
import type { Cluster, Topic } from './cluster.js';
import { KafkaFailure } from './failures.js';
import { keepPlaces, type Place, placesOf } from './places.js';
import { destinationOf, LOG_HEADER } from './record.js';
import { makeTopic, type TopicOptions } from './topics.js';

export interface KafkaLogOptions extends TopicOptions {
  readonly topic: string;
  /** The group that keeps where each partition's log begins. */
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
  readonly readers: readonly Place[];
  end: number;
  readonly keptAt: number;
  /** Where the records of earlier leaders end. */
  readonly ends: Map<number, Promise<number>>;
}

const EARLIEST = -2n;
const LATEST = -1n;
const NOBODY = -1;
const READ_UNCOMMITTED = 0;
const ANY_LEADER = -1;
/** Kafka forgets the places of a group without members after a week (offsets.retention.minutes), each by itself. */
const KEEP_EVERY_MS = 24 * 3_600_000;
const LEADERS_WITHIN = 40;
const OPEN_TRIES = 30;
const OPEN_EVERY_MS = 250;

/**
 * The writing end of a publisher's log. A partition's log is `<the topic's id>@<the offset where it begins>`: a group keeps
 * that, and it begins anew once a reader may have lost something in it. A place is `<log>/<the leader's epoch>/<offset>`:
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
    const from = after === undefined ? undefined : placeIn(after);
    if (from && !(await this.has(partition, from))) {
      await this.look([partition]); // another process may have appended it
      if (!(await this.has(partition, from))) throw this.forgotten(partition);
    }
    const part = this.parts.get(partition)!;
    const records = this.records(part, partition, messages);
    let last = -1;
    for (const batch of batches(records)) {
      const first = await appender.append(part.leader, topic, partition, batch);
      if (from && first <= from.offset) throw this.forgotten(partition);
      last = first + batch.length - 1;
      part.end = Math.max(part.end, last + 1);
    }
    return `${part.log}/${part.leaderEpoch}/${last}`;
  }

  async settle(positions: readonly LogPosition[]): Promise<Settlement[]> {
    await this.look([...new Set(positions.map(({ partition }) => partition))]);
    return Promise.all(
      positions.map(async ({ partition, position }) => {
        const part = this.parts.get(partition)!;
        const asked = placeIn(position);
        if (!(await this.has(partition, asked))) return 'forgotten';
        // A reader's place of an earlier leader may lie beyond what was lost with it.
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
      this.offsets(topic, partitions, EARLIEST),
      this.offsets(topic, partitions, LATEST),
    ]);
    const kept = await placesOf(this.cluster, [beginnings, ...readers], topic.name, partitions);
    const looked = partitions.map((partition) => {
      const { offset: end, leaderEpoch } = ends.get(partition)!;
      const before = this.parts.get(partition);
      const places = (log: Place) => readers.map((reader) => placeOf(kept.get(reader)?.get(partition), log));
      const known = kept.get(beginnings)?.get(partition);
      const whole =
        known?.log === logId(topic, known?.offset) &&
        places(known!).every(({ offset }) => offset >= starts.get(partition)!.offset);
      const beginning = whole ? known! : { log: logId(topic, end), offset: end, epoch: leaderEpoch };
      const keep = !whole || !before || performance.now() - before.keptAt >= KEEP_EVERY_MS;
      const part: Part = {
        leader: topic.leaders[partition]!,
        leaderEpoch,
        log: beginning.log,
        readers: places(beginning),
        end,
        ends: before?.log === beginning.log && before.leaderEpoch === leaderEpoch ? before.ends : new Map(),
        keptAt: keep ? performance.now() : before.keptAt,
      };
      return { partition, part, beginning, keep, anew: before !== undefined && before.log !== part.log };
    });
    const toKeep = looked.filter(({ keep }) => keep);
    const begun = toKeep.map(({ partition, beginning }) => ({ ...beginning, partition, topic: topic.name }));
    if (begun.length > 0) await keepPlaces(this.cluster, beginnings, begun);
    for (const { partition, part } of looked) this.parts.set(partition, part);
    const anew = looked.filter((one) => one.anew).map(({ partition }) => partition);
    if (anew.length > 0)
      this.logger.warn(
        `${topic.name} may have lost something (${anew.join(', ')}): what is not known to be handled is appended again`,
      );
  }

  /** Makes it where there is none, and waits until its partitions have leaders. */
  private async topic(): Promise<Topic> {
    const { topic: name, partitions } = this.options;
    for (let tries = 0; tries < LEADERS_WITHIN; tries++) {
      const topic = await this.cluster.topic(name);
      if (!topic) await makeTopic(this.cluster, name, this.options);
      else if (topic.leaders.length !== partitions && topic.leaders.length > 0) {
        const had = topic.leaders.length;
        throw new WrongTopology([
          `partitions: ${partitions}: ${name} has ${had} since it was made, and keeps them: write partitions: ${had}`,
        ]);
      } else if (topic.leaders.length > 0 && topic.leaders.every((leader) => leader !== undefined)) return topic;
      await pause(50);
    }
    throw new Error(`${name} has partitions without a leader`);
  }

  private async offsets(
    topic: Topic,
    partitions: readonly number[],
    timestamp: bigint,
  ): Promise<Map<number, { offset: number; leaderEpoch: number }>> {
    const byLeader = Map.groupBy(partitions, (partition) => topic.leaders[partition]!);
    const answers = await Promise.all(
      [...byLeader].map(([leader, some]) => {
        const asked = some.map((partition) => ({
          partitionIndex: partition,
          currentLeaderEpoch: ANY_LEADER,
          timestamp,
        }));
        const question = [{ name: topic.name, partitions: asked }];
        return this.cluster.ask(leader, listOffsetsV7, [NOBODY, READ_UNCOMMITTED, question]);
      }),
    );
    const found = answers.flatMap(({ topics }) => topics.flatMap((one) => one.partitions));
    return new Map(
      found.map(({ partitionIndex, errorCode, offset, leaderEpoch }) => {
        if (errorCode !== 0) {
          this.cluster.suspect();
          throw new KafkaFailure(errorCode, `${topic.name}/${partitionIndex}`);
        }
        return [partitionIndex, { offset: Number(offset), leaderEpoch }];
      }),
    );
  }

  /** Whether the log still has what was appended there. */
  private async has(partition: number, { log, epoch, offset }: Place): Promise<boolean> {
    const part = this.parts.get(partition)!;
    if (log !== part.log || epoch > part.leaderEpoch) return false;
    if (epoch === part.leaderEpoch) return offset < part.end;
    let end = part.ends.get(epoch);
    if (!end) {
      part.ends.set(epoch, (end = this.endOf(part.leader, partition, epoch)));
      end.catch(() => part.ends.delete(epoch));
    }
    return offset < (await end);
  }

  private async endOf(leader: number, partition: number, epoch: number): Promise<number> {
    const asked = [{ partitionIndex: partition, currentLeaderEpoch: ANY_LEADER, leaderEpoch: epoch }];
    const question = [{ name: this.options.topic, partitions: asked }];
    const { topics } = await this.cluster.ask(leader, offsetForLeaderEpochV4, [NOBODY, question]);
    const { errorCode, endOffset } = topics[0]!.partitions[0]!;
    if (errorCode !== 0) throw new KafkaFailure(errorCode, `${this.options.topic}/${partition}`);
    return Number(endOffset);
  }

  private forgotten(partition: number): Forgotten {
    return new Forgotten(`${this.options.topic}/${partition} is not what it was`);
  }

  private records({ log }: Part, partition: number, messages: readonly MessageEnvelope[]): MessageRecord[] {
    const { topic, packs } = this.options;
    const headers = new Map([[LOG_HEADER, Buffer.from(log)]]);
    const entries = packs.pack(destinationOf(topic, partition, log), messages);
    return entries.map((entry) => ({ topic, partition, value: Buffer.from(entry), headers }));
  }
}

const logId = (topic: Topic, beginning: number | undefined): string => `${topic.id}@${beginning}`;

/** A reader without a place in this log begins where it does. */
const placeOf = (kept: Place | undefined, beginning: Place): Place => (kept?.log === beginning.log ? kept : beginning);

function placeIn(text: string): Place {
  const [log = '', epoch, offset] = text.split('/');
  return { log, epoch: Number(epoch), offset: Number(offset) };
}

/** In order; a batch is no larger than BATCH_BYTES, or has one record alone. */
const batches = (records: readonly MessageRecord[]): MessageRecord[][] =>
  portionsOf(
    records,
    { count: records.length, length: BATCH_BYTES },
    ({ key, value }) => value.length + (key?.length ?? 0),
  );
