import { type MessageToProduce, ProduceAcks, type produceV9, ProtocolError } from '@platformatic/kafka';
import { portionsOf } from '#kernel/brokers';
import type { Cluster } from './cluster.js';
import { reasonOf, refusalOf, responseIn } from './failures.js';

/** In one request. What is larger goes alone. */
export const BATCH_BYTES = 1024 * 1024;

export type Record = Pick<MessageToProduce<Buffer, Buffer, Buffer, Buffer>, 'key' | 'value' | 'headers'>;

export interface Target {
  readonly topic: string;
  readonly partition: number;
  readonly leader: number;
  /** Nothing is appended where it is that of another leader by now. */
  readonly leaderEpoch?: number;
}

interface Append extends Target {
  readonly records: readonly Record[];
  readonly resolve: (offset: number) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Appends records through the library's producer, which sends each once. It need not be idempotent: whoever appends again
 * does so after a failure alone, and an inbox or a call id drops what came twice. One request is under way to a leader at a
 * time, which keeps the order, and what comes meanwhile leaves together with the next.
 */
export class Appender {
  /** By leader; what waits for its turn. */
  private readonly queues = new Map<number, Append[]>();

  constructor(
    private readonly cluster: Cluster,
    /** LEADER: what was acknowledged may be lost with it. */
    private readonly acks: number = ProduceAcks.ALL,
  ) {}

  /** @returns the offset of the first record */
  append(target: Target, records: readonly Record[]): Promise<number> {
    return new Promise((resolve, reject) => {
      const append = { ...target, records, resolve, reject };
      const queue = this.queues.get(target.leader);
      if (queue) queue.push(append);
      else {
        this.queues.set(target.leader, [append]);
        void this.empty(target.leader);
      }
    });
  }

  private async empty(leader: number): Promise<void> {
    await Promise.resolve(); // what comes in the same turn goes along
    for (let queue = this.queues.get(leader)!; queue.length > 0; queue = this.queues.get(leader)!) {
      const [request, ...rest] = portionsOf(queue, { count: queue.length, length: BATCH_BYTES }, bytesOf);
      this.queues.set(leader, rest.flat());
      await this.send(request!);
    }
    this.queues.delete(leader);
  }

  private async send(appends: readonly Append[]): Promise<void> {
    const outcomes = await this.produce(appends).catch((error: unknown) => {
      this.cluster.suspect();
      return outcomesIn(error);
    });
    const counts = new Map<string, number>();
    for (const { topic, partition, records, resolve, reject } of appends) {
      const key = `${topic}/${partition}`;
      const outcome = outcomes(key);
      const before = counts.get(key) ?? 0;
      counts.set(key, before + records.length);
      if (typeof outcome === 'number') resolve(outcome + before);
      else reject(failure(key, outcome));
    }
  }

  /** By topic and partition, the offset of the first record. */
  private async produce(appends: readonly Append[]): Promise<(key: string) => number> {
    const { producer } = this.cluster;
    const { topics } = await producer.metadata({ topics: [...new Set(appends.map(({ topic }) => topic))] });
    for (const { topic, partition, leaderEpoch } of appends)
      if (leaderEpoch !== undefined && topics.get(topic)!.partitions[partition]?.leaderEpoch !== leaderEpoch)
        throw new Error(`${topic}/${partition} has another leader`);
    const messages = appends.flatMap(({ topic, partition, records }) =>
      records.map((record) => ({ ...record, topic, partition })),
    );
    const { offsets } = await producer.send({ messages, acks: this.acks });
    const found = offsets!.map(({ topic, partition, offset }) => [`${topic}/${partition}`, Number(offset)] as const);
    const byKey = new Map<string, number>(found);
    return (key) => byKey.get(key)!;
  }
}

/** A broker may have taken what was meant for some partitions, and refused what was meant for others. */
function outcomesIn(error: unknown): (key: string) => unknown {
  const answers = responseIn<produceV9.ProduceResponse>(error)?.responses ?? [];
  const found = answers.flatMap(({ name, partitionResponses }) =>
    partitionResponses.map(({ index, errorCode, baseOffset, errorMessage }) => {
      const outcome = errorCode === 0 ? Number(baseOffset) : new ProtocolError(errorCode, errorMessage);
      return [`${name}/${index}`, outcome] as const;
    }),
  );
  const byKey = new Map<string, unknown>(found);
  return (key) => byKey.get(key) ?? error;
}

function failure(key: string, cause: unknown): Error {
  const remedy =
    refusalOf(cause) === 'MESSAGE_TOO_LARGE' ? `, larger than the topic's max.message.bytes: raise it` : '';
  return new Error(`appending to ${key}: ${reasonOf(cause)}${remedy}`, { cause });
}

const bytesOf = ({ records }: Append): number =>
  records.reduce((sum, { key, value }) => sum + value!.length + (key?.length ?? 0), 0);
