import { type MessageToProduce, ProduceAcks, type produceV9, ProtocolError } from '@platformatic/kafka';
import { Packets, portionsOf } from '#kernel/brokers';
import type { Cluster } from './cluster.js';
import { reasonOf, refusalOf, responseIn } from './failures.js';

/** Of one request; a record that is larger goes alone. */
export const BATCH_BYTES = 1024 * 1024;

export type NewRecord = Pick<MessageToProduce<Buffer, Buffer, Buffer, Buffer>, 'key' | 'value' | 'headers'>;

export interface Target {
  readonly topic: string;
  readonly partition: number;
  readonly leader: number;
  /** The request fails where the partition has another leader by now. */
  readonly leaderEpoch?: number;
}

interface Append extends Target {
  readonly records: readonly NewRecord[];
  readonly resolve: (offset: number) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Appends records through the library's producer, which sends each once. It need not be idempotent: whoever appends again
 * does so after a failure alone, and an inbox or a call id drops what came twice. One request is under way to a leader at a
 * time, which keeps the order, and what comes meanwhile leaves together with the next.
 */
export class Appender {
  /** By leader. */
  private readonly packets = new Packets<Append>((_, appends) => this.sendAll(appends));

  constructor(
    private readonly cluster: Cluster,
    /** ProduceAcks.LEADER: the leader alone acknowledges, and what it has may be lost with it. */
    private readonly acks: number = ProduceAcks.ALL,
  ) {}

  /** @returns the offset of the first record */
  append(target: Target, records: readonly NewRecord[]): Promise<number> {
    return new Promise((resolve, reject) => {
      this.packets.add(String(target.leader), { ...target, records, resolve, reject });
    });
  }

  private async sendAll(appends: readonly Append[]): Promise<void> {
    const size = { count: appends.length, length: BATCH_BYTES };
    for (const request of portionsOf(appends, size, bytesOf)) await this.send(request);
  }

  private async send(appends: readonly Append[]): Promise<void> {
    let outcomes: ReadonlyMap<string, unknown>;
    let cause: unknown;
    try {
      outcomes = await this.produce(appends);
    } catch (error) {
      this.cluster.suspect();
      outcomes = outcomesIn((cause = error));
    }
    const counts = new Map<string, number>();
    for (const { topic, partition, records, resolve, reject } of appends) {
      const key = `${topic}/${partition}`;
      const outcome = outcomes.get(key) ?? cause;
      const before = counts.get(key) ?? 0;
      counts.set(key, before + records.length);
      if (typeof outcome === 'number') resolve(outcome + before);
      else reject(failure(key, outcome));
    }
  }

  /** The offset of the first record, by topic and partition. */
  private async produce(appends: readonly Append[]): Promise<ReadonlyMap<string, number>> {
    const { producer } = this.cluster;
    const { topics } = await producer.metadata({ topics: [...new Set(appends.map(({ topic }) => topic))] });
    for (const { topic, partition, leaderEpoch } of appends)
      if (leaderEpoch !== undefined && topics.get(topic)!.partitions[partition]?.leaderEpoch !== leaderEpoch)
        throw new Error(`${topic}/${partition} has another leader`);
    const messages = appends.flatMap(({ topic, partition, records }) =>
      records.map((record) => ({ ...record, topic, partition })),
    );
    const { offsets } = await producer.send({ messages, acks: this.acks });
    return new Map(offsets!.map(({ topic, partition, offset }) => [`${topic}/${partition}`, Number(offset)]));
  }
}

/** An offset or an error, by topic and partition: a broker may append to some partitions and refuse others. */
function outcomesIn(error: unknown): ReadonlyMap<string, unknown> {
  const answers = responseIn<produceV9.ProduceResponse>(error)?.responses ?? [];
  return new Map<string, unknown>(
    answers.flatMap(({ name, partitionResponses }) =>
      partitionResponses.map(({ index, errorCode, baseOffset, errorMessage }) => [
        `${name}/${index}`,
        errorCode === 0 ? Number(baseOffset) : new ProtocolError(errorCode, errorMessage),
      ]),
    ),
  );
}

function failure(key: string, cause: unknown): Error {
  const remedy =
    refusalOf(cause) === 'MESSAGE_TOO_LARGE' ? `, larger than the topic's max.message.bytes: raise it` : '';
  return new Error(`appending to ${key}: ${reasonOf(cause)}${remedy}`, { cause });
}

const bytesOf = ({ records }: Append): number =>
  records.reduce((sum, { key, value }) => sum + value!.length + (key?.length ?? 0), 0);
