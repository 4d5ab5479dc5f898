import { initProducerIdV4, type MessageRecord, NumericMap, produceV9 } from '@platformatic/kafka';
import { pause } from '#kernel/base';
import type { Cluster } from './cluster.js';
import { KafkaFailure } from './failures.js';

/** Of one partition in one request. What is larger goes alone. */
export const BATCH_BYTES = 1024 * 1024;
const REQUEST_BYTES = 8 * BATCH_BYTES;
const PRODUCE_WITHIN_MS = 5_000;
const ALL_IN_SYNC = -1;
/** It may be lost with that broker. */
export const LEADER_ALONE = 1;
const TOO_LARGE = 10;
const LOADING = 14;
const LOADED_WITHIN = 50;
/** Who has no id yet. */
const NOBODY = -1n;

interface Work {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly MessageRecord[];
  readonly bytes: number;
  readonly resolve: (offset: number) => void;
  readonly reject: (error: unknown) => void;
}

/** Who appends, as a broker knows it, and which record of each partition is next: the broker takes none twice, and none after a gap. */
interface Producer {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly sequences: NumericMap;
}

interface Line {
  queue: Work[];
  busy: boolean;
  /**
   * Another one after each failure, of which nobody knows what the broker has taken, and in each epoch of the cluster: one that
   * has lost all it had gives the same ids out again, and would take what is appended for what their new owners did.
   */
  producer: Producer | undefined;
  epoch: number;
}

/**
 * Appends records, idempotently and acknowledged by every broker that keeps a copy, unless it is told otherwise. One request
 * is on its way to a broker at a time, and what comes meanwhile leaves together with the next.
 */
export class Appender {
  private readonly lines = new Map<number, Line>();

  constructor(
    private readonly cluster: Cluster,
    private readonly acknowledged = ALL_IN_SYNC,
  ) {}

  /** @returns the offset of the first record */
  append(leader: number, topic: string, partition: number, records: readonly MessageRecord[]): Promise<number> {
    const bytes = records.reduce((sum, { key, value }) => sum + value.length + (key?.length ?? 0), 0);
    return new Promise((resolve, reject) => {
      let line = this.lines.get(leader);
      if (!line) this.lines.set(leader, (line = { queue: [], busy: false, producer: undefined, epoch: -1 }));
      line.queue.push({ topic, partition, records, bytes, resolve, reject });
      if (!line.busy) void this.empty(leader, line);
    });
  }

  private async empty(leader: number, line: Line): Promise<void> {
    line.busy = true;
    await Promise.resolve(); // what comes in the same turn goes along
    while (line.queue.length > 0) await this.send(leader, line, take(line));
    line.busy = false;
  }

  private async send(leader: number, line: Line, works: readonly Work[]): Promise<void> {
    try {
      const { api } = produceV9;
      const records = works.flatMap((work) => work.records);
      while (this.acknowledged === ALL_IN_SYNC && (!line.producer || line.epoch !== this.cluster.epoch)) {
        line.epoch = this.cluster.epoch;
        line.producer = await this.producer(leader);
      }
      const { producer } = line; // none where a single broker acknowledges, which may lose what it took
      const answer = await this.cluster.ask(leader, { api }, [
        this.acknowledged,
        PRODUCE_WITHIN_MS,
        records,
        producer ?? {},
      ]);
      if (typeof answer === 'boolean') throw new Error('Kafka acknowledged nothing');
      const answers = answer.responses.flatMap(({ name, partitionResponses }) =>
        partitionResponses.map((one) => [placeKey(name, one.index), one] as const),
      );
      const byPlace = new Map(answers);
      const lengths = new Map<string, number>();
      for (const work of works) {
        const key = placeKey(work.topic, work.partition);
        const { errorCode, baseOffset } = byPlace.get(key)!;
        const before = lengths.get(key) ?? 0;
        lengths.set(key, before + work.records.length);
        if (errorCode === 0) work.resolve(Number(baseOffset) + before);
        else {
          line.producer = undefined;
          work.reject(this.refusal(errorCode, work));
        }
      }
      for (const { topic, partition, records } of works)
        producer?.sequences.preIncrement(`${topic}:${partition}`, records.length, 0);
    } catch (error) {
      line.producer = undefined;
      for (const work of works) work.reject(error);
    }
  }

  private async producer(leader: number): Promise<Producer> {
    for (let tries = 1; ; tries++) {
      const { errorCode, ...made } = await this.cluster.ask(leader, initProducerIdV4, [null, 0, NOBODY, -1]);
      if (errorCode === 0) return { ...made, sequences: new NumericMap() };
      if (errorCode !== LOADING || tries === LOADED_WITHIN) throw new KafkaFailure(errorCode, 'a producer id');
      await pause(100); // the broker has just begun
    }
  }

  private refusal(code: number, { topic, partition }: Work): Error {
    const remedy = code === TOO_LARGE ? `, larger than the topic's max.message.bytes: raise it` : '';
    this.cluster.suspect();
    return new KafkaFailure(code, `appending to ${topic}/${partition}${remedy}`);
  }
}

const placeKey = (topic: string, partition: number): string => `${topic}/${partition}`;

/** What goes together: of each partition in order, and no more than a batch. */
function take(line: { queue: Work[] }): Work[] {
  const sizes = new Map<string, number>();
  const taken: Work[] = [];
  const left: Work[] = [];
  let total = 0;
  for (const work of line.queue) {
    const key = placeKey(work.topic, work.partition);
    const size = (sizes.get(key) ?? 0) + work.bytes;
    const full = (sizes.has(key) && size > BATCH_BYTES) || (total > 0 && total + work.bytes > REQUEST_BYTES);
    sizes.set(key, full ? BATCH_BYTES : size);
    if (full) left.push(work);
    else {
      taken.push(work);
      total += work.bytes;
    }
  }
  line.queue = left;
  return taken;
}
