import { Logger } from '@nestjs/common';
import { type KafkaRecord, ProduceAcks } from '@platformatic/kafka';
import { errorText, holdsWithin, secretToken } from '#kernel/base';
import {
  type Attempt,
  type Handle,
  MAX_BYTES,
  PACKET,
  Packets,
  portionsOf,
  readAttempts,
  Sealed,
  ServedCalls,
  type Waiting,
  WaitingCalls,
  workingReply,
  writeAttempts,
} from '#kernel/brokers';
import { type CallRequest, type CallTransport, NoReply, type TransportStatus } from '#kernel/core';
import { kernelFailure } from '#kernel/messages';
import { Appender } from './appender.js';
import { Cluster, type Topic } from './cluster.js';
import { refusalOf } from './failures.js';
import { Fetcher } from './fetcher.js';
import { KafkaCallConsumer } from './kafka-call-consumer.js';
import type { KafkaOptions } from './kafka-options.js';
import { Reach } from './reach.js';
import { Records } from './records.js';
import { readReplyPacket, writeReplyPacket } from './reply-packet.js';
import { readyTopic } from './topics.js';

export interface KafkaCallsOptions extends KafkaOptions {
  /** How many requests to one context this process works at. */
  readonly concurrency?: number;
}

/** Where an attempt was appended, and when. */
interface Appended {
  readonly partition: number;
  readonly at: number;
}

/** A replica that nothing is heard of costs a call so much; one that lives says in half of it that it has begun. */
const BEGUN_WITHIN_MS = 1_000;
/** The start of a process does not wait longer for a broker. */
const SERVING_WITHIN_MS = 3_000;
/** Requests and replies are of no use after half a minute. */
const RETENTION_MS = 5 * 60_000;
/** Of the one topic for replies. Who asks reads one of them, and passes over what others asked there. */
const REPLY_PARTITIONS = 32;

/**
 * Calls over Kafka: a topic of requests for each context, whose partitions its replicas share, and a topic of replies, of
 * which each process that asks reads one partition. A request may come twice, where a partition passes to another replica.
 */
export class KafkaCalls implements CallTransport {
  private readonly logger = new Logger('Kafka');
  /** Not the instance's name alone: it may come back under it, and must not hear what its former self asked. */
  private readonly self = secretToken().slice(0, 16);
  private readonly replyTopic: string;
  private readonly replyPartition: number;
  private readonly maxBytes: number;
  private readonly sealed: Sealed;
  private readonly waiting: WaitingCalls<Appended>;
  private readonly served: ServedCalls;
  private readonly cluster: Cluster;
  private readonly appender: Appender;
  private readonly fetcher: Fetcher;
  private readonly replies: Records;
  private readonly consumers = new Map<string, KafkaCallConsumer>();
  /** By context. */
  private readonly reaches = new Map<string, Reach>();
  private readonly requests = new Packets<Waiting<Appended>>((owner, attempts) => this.push(owner, attempts));
  private readonly answers = new Packets<string>((to, replies) => this.answer(to, replies));

  constructor(private readonly options: KafkaCallsOptions) {
    const { clock, maxBytes = MAX_BYTES } = options;
    this.maxBytes = maxBytes;
    this.replyTopic = `${options.prefix}.replies`;
    this.replyPartition = Math.floor(options.randomness.next() * REPLY_PARTITIONS);
    const from = `${this.replyPartition}.${this.self}`;
    this.sealed = new Sealed(options.key, this.logger);
    this.waiting = new WaitingCalls({ clock, maxBytes, from, begunWithinMs: BEGUN_WITHIN_MS });
    this.served = new ServedCalls(clock, maxBytes, this.logger);
    this.cluster = new Cluster(options, 'calls');
    this.appender = new Appender(this.cluster, ProduceAcks.LEADER);
    this.fetcher = new Fetcher(this.cluster, 'replies');
    this.replies = this.listen();
  }

  get counters() {
    return { forged: this.sealed.forged, expired: this.served.expired, late: this.waiting.late };
  }

  get status(): TransportStatus {
    const serving = [...this.consumers.values()].every((consumer) => consumer.isReady);
    return this.canAsk && serving ? 'connected' : 'away';
  }

  async call(owner: string, request: CallRequest): Promise<unknown> {
    if (!this.canAsk) throw kernelFailure('kernel.unavailable');
    return await this.waiting.ask(
      request,
      (waiting) => this.requests.add(owner, waiting),
      (waiting) => this.giveUp(owner, waiting),
    );
  }

  async serve(owner: string, handle: Handle): Promise<void> {
    const { concurrency = 64 } = this.options;
    const name = this.nameOf(owner);
    const consumer = new KafkaCallConsumer(this.options, this.cluster, {
      name,
      topic: () => this.topic(name, this.options.partitions),
      concurrency,
      begunWithinMs: BEGUN_WITHIN_MS,
      read: (sealed) => this.sealed.open(name, sealed, readAttempts) ?? [],
      carryOut: (attempt) => this.carryOut(owner, attempt, handle),
    });
    this.consumers.set(owner, consumer);
    await holdsWithin(SERVING_WITHIN_MS, () => consumer.isReady);
  }

  async drain(): Promise<void> {
    await Promise.all([...this.consumers.values()].map((consumer) => consumer.stop()));
  }

  async close(): Promise<void> {
    await Promise.all([...this.consumers.values()].map((consumer) => consumer.close()));
    this.replies.stop();
    this.fetcher.close();
    this.cluster.close();
    this.waiting.rejectAll('this process ends');
    await this.replies.finished;
  }

  private get canAsk(): boolean {
    return this.cluster.isReady && this.replies.isReady;
  }

  private listen(): Records {
    const { cluster, fetcher } = this;
    const { clock, randomness } = this.options;
    const options = {
      cluster,
      fetcher,
      clock,
      randomness,
      topic: () => this.topic(this.replyTopic, REPLY_PARTITIONS),
      partition: this.replyPartition,
      since: 0,
      accept: ({ key, value }: KafkaRecord) => {
        if (String(key) === this.self) this.hear(String(value));
        return true;
      },
      failed: () => this.waiting.rejectAll('the connection for replies broke'), // rather ask again at once
    };
    return new Records(options);
  }

  private async push(owner: string, all: readonly Waiting<Appended>[]): Promise<void> {
    let topic: Topic;
    try {
      topic = await this.topic(this.nameOf(owner), this.options.partitions);
    } catch (error) {
      for (const waiting of all) this.waiting.reject(waiting, kernelFailure('kernel.unavailable', { cause: error }));
      return;
    }
    const attempts = all.filter((waiting) => this.waiting.has(waiting)); // without those given up before they could leave
    const packets = portionsOf(attempts, this.portionSize(PACKET), ({ text }) => text.length);
    const reach = this.reachOf(owner, topic);
    await Promise.all(packets.map((packet) => this.send(topic, reach, packet)));
  }

  private async send(topic: Topic, reach: Reach, packet: readonly Waiting<Appended>[]): Promise<void> {
    const appended = { partition: reach.pick(), at: this.options.clock.now() };
    for (const attempt of packet) attempt.place = appended;
    try {
      await this.append(topic, appended.partition, writeAttempts(packet.map(({ text }) => text)));
    } catch (error) {
      reach.silent(appended.partition, appended.at);
      // Kafka's own refusal is certain; of a connection that broke nobody knows what it had carried.
      const outcome =
        refusalOf(error) !== undefined
          ? kernelFailure('kernel.unavailable', { cause: error })
          : new NoReply(errorText(error));
      for (const attempt of packet) this.waiting.reject(attempt, outcome);
    }
  }

  private async append(
    { name: topic, leaders }: Topic,
    partition: number,
    body: string,
    asker?: string,
  ): Promise<void> {
    const leader = leaders[partition]!;
    const value = Buffer.from(this.sealed.seal(asker === undefined ? topic : this.channel(asker), body));
    const key = asker === undefined ? {} : { key: Buffer.from(asker) };
    await this.appender.append({ topic, partition, leader }, [{ ...key, value }]);
  }

  private giveUp(owner: string, waiting: Waiting<Appended>): void {
    const { place } = waiting;
    if (!place) {
      this.waiting.reject(waiting, kernelFailure('kernel.unavailable'));
      return;
    }
    this.reaches.get(owner)?.silent(place.partition, place.at);
    this.waiting.reject(waiting, new NoReply('no reply to this attempt'));
  }

  private hear(sealed: string): void {
    const packet = this.sealed.open(this.channel(this.self), sealed, readReplyPacket);
    if (!packet) return;
    const { owner, replica, partitions } = packet;
    this.reaches.get(owner)?.heard(replica, partitions);
    for (const reply of packet.replies) this.waiting.hear(reply);
  }

  private async carryOut(owner: string, attempt: Attempt, handle: Handle): Promise<void> {
    const to = `${owner} ${attempt.from}`;
    const { id, until, answerBy } = attempt;
    const half = Math.max((until - this.options.clock.now()) / 2, 1);
    const sign = answerBy && setTimeout(() => this.answers.add(to, workingReply(id)), half);
    const reply = await this.served.carryOut(attempt, handle);
    clearTimeout(sign);
    if (reply !== undefined) this.answers.add(to, reply);
  }

  private async answer(to: string, all: readonly string[]): Promise<void> {
    const [owner = '', from = ''] = to.split(' ');
    const [partition, asker] = [Number(from.slice(0, from.indexOf('.'))), from.slice(from.indexOf('.') + 1)];
    if (!Number.isInteger(partition) || partition < 0 || partition >= REPLY_PARTITIONS) return; // not one of ours
    const { partitions } = this.consumers.get(owner)!;
    try {
      const topic = await this.topic(this.replyTopic, REPLY_PARTITIONS);
      const packets = portionsOf(all, this.portionSize(all.length), ({ length }) => length);
      const write = (replies: readonly string[]) =>
        writeReplyPacket({ owner, replica: this.self, partitions }, replies);
      await Promise.all(packets.map((replies) => this.append(topic, partition, write(replies), asker)));
    } catch (error) {
      this.logger.debug(`replies were lost: ${errorText(error)}`); // who asked finds out by its attempt's end
    }
  }

  /** No more than Kafka takes together, whatever their characters are in UTF-8. */
  private portionSize(count: number): { readonly count: number; readonly length: number } {
    return { count, length: this.maxBytes / 3 };
  }

  private reachOf(owner: string, { leaders: { length } }: Topic): Reach {
    let reach = this.reaches.get(owner);
    if (reach?.partitions !== length) {
      const { clock, randomness } = this.options;
      this.reaches.set(owner, (reach = new Reach(clock, length, Math.floor(randomness.next() * length))));
    }
    return reach;
  }

  /** A topic of requests or replies, made where there is none. */
  private async topic(name: string, partitions: number): Promise<Topic> {
    const known = await this.cluster.cachedTopic(name);
    if (known) return known;
    const { maxBytes, options } = this;
    const retention = { retentionMs: RETENTION_MS, segmentMs: RETENTION_MS };
    return readyTopic(this.cluster, name, {
      partitions,
      replication: options.replication ?? 1,
      maxBytes,
      ...retention,
    });
  }

  private nameOf = (owner: string): string => `${this.options.prefix}.calls.${owner}`;
  private channel = (asker: string): string => `${this.replyTopic}.${asker}`;
}
