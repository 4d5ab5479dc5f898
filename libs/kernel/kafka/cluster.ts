import { Logger } from '@nestjs/common';
import { type Admin, type ClusterTopicMetadata, type Consumer, type Producer, TimeoutError } from '@platformatic/kafka';
import { Alarm, holdsWithin, pause } from '#kernel/base';
import { Warnings } from '#kernel/core';
import { Clients } from './clients.js';
import { isUnknownTopic, reasonOf, refusalOf } from './failures.js';
import type { KafkaOptions } from './kafka-options.js';

/** A topic as the brokers know it just now. */
export interface Topic {
  readonly name: string;
  /** Another one where the topic was deleted and made anew. */
  readonly id: string;
  /** By partition; undefined while it has none. */
  readonly leaders: readonly (number | undefined)[];
}

const HEARTBEAT_MS = 1_000;
const RETRY_MS = 1_000;

/**
 * Kafka's brokers as this process knows them: whether they can be reached, which topics there are, and whether they may have
 * forgotten something. A heartbeat finds out that a broker hangs.
 */
export class Cluster {
  /** Grows when a connection breaks or a leader changes: from then on the brokers may have forgotten something. */
  epoch = 0;
  private readonly logger = new Logger('Kafka');
  private readonly warnings = new Warnings('Kafka');
  private readonly clients: Clients;
  private readonly watched = new Map<string, Topic | undefined>();
  private readonly alarm = new Alarm();
  private readonly closing = new AbortController();
  private up = false;
  private wasAway = false;

  constructor(
    private readonly options: KafkaOptions,
    private readonly purpose: string,
    /** It is back, or there is a topic that was not there. */
    private readonly changed: () => void = () => undefined,
  ) {
    this.clients = new Clients(options, purpose, (client) => this.disconnected(client));
    void this.run();
  }

  get isReady(): boolean {
    return this.up;
  }

  get admin(): Admin {
    return this.clients.admin;
  }

  get producer(): Producer {
    return this.clients.producer;
  }

  consumer(name: string): Consumer {
    return this.clients.consumer(name);
  }

  /** It begins anew: nobody knows what the broker did of what it was asked last. */
  closeConsumer(name: string): void {
    this.clients.close(name);
  }

  /** Waits for it as long as that. */
  isReadyWithin(milliseconds: number): Promise<boolean> {
    return holdsWithin(milliseconds, () => this.up || this.closing.signal.aborted).then(() => this.up);
  }

  /** As it is now; undefined where there is none. @throws Error where a partition has no leader */
  async topic(name: string): Promise<Topic | undefined> {
    const [found] = await this.look([name]);
    return found;
  }

  /** As it was at the last heartbeat; it is looked at with each from now on. */
  watch(name: string): Topic | undefined {
    if (!this.watched.has(name)) {
      this.watched.set(name, undefined);
      this.alarm.wake();
    }
    return this.watched.get(name);
  }

  /** What was known of leaders may be wrong: it is asked for anew. */
  suspect(): void {
    this.doubt();
    this.alarm.wake();
  }

  /** Logs nothing while Kafka is away: then everything fails. */
  warn(what: string, why: string): void {
    if (this.up) this.warnings.warn(what, why);
  }

  close(): void {
    this.closing.abort();
    this.alarm.wake();
    this.up = false;
    this.clients.closeAll();
  }

  private async run(): Promise<void> {
    let isLate = false;
    for (let failures = 0; !this.closing.signal.aborted;) {
      try {
        await this.look([...this.watched.keys()]).catch((error: unknown) => {
          if (refusalOf(error) === undefined) throw error; // of a topic: it was answered
        });
        failures = 0;
        isLate = false;
        this.isUp();
        await this.alarm.sleep(HEARTBEAT_MS);
      } catch (error) {
        // It may have been this process that hung, or the broker for a moment: it is asked once more.
        isLate = this.up && !isLate && error instanceof TimeoutError;
        this.clients.close('metadata'); // else the library would ask another broker, and this one for all the rest
        if (isLate) continue;
        this.isDown(error);
        const delay = this.options.randomness.jitter(Math.min(25 * 2 ** failures++, RETRY_MS));
        await pause(delay, this.closing.signal);
      }
    }
  }

  private isUp(): void {
    if (this.up || this.closing.signal.aborted) return;
    this.up = true;
    if (this.wasAway) this.logger.log(`${this.purpose}: Kafka is back`);
    this.wasAway = false;
    this.changed();
  }

  private isDown(error: unknown): void {
    if (this.closing.signal.aborted) return;
    this.warnings.warn(`${this.purpose}: Kafka is away`, reasonOf(error));
    this.wasAway = true;
    this.up = false;
    this.doubt();
    this.clients.closeAll();
  }

  private disconnected(client: string): void {
    this.doubt();
    if (client === 'metadata') this.alarm.wake(); // to find out at once
  }

  private doubt(): void {
    this.epoch++;
    this.clients.producer.clearMetadata();
  }

  /** A topic that is not there, or has no leader, fails the question about all: each is then asked about by itself. */
  private async look(names: readonly string[]): Promise<(Topic | undefined)[]> {
    try {
      const { topics } = await this.clients.metadata.metadata({ topics: [...names], forceUpdate: true });
      return names.map((name) => this.seen(name, topicOf(name, topics.get(name)!)));
    } catch (error) {
      if (isUnknownTopic(error) && names.length === 1) return [this.seen(names[0]!, undefined)];
      if (names.length === 1 && refusalOf(error) !== undefined) this.doubt();
      if (names.length < 2 || (refusalOf(error) === undefined && !isUnknownTopic(error))) throw error;
      return (await Promise.all(names.map((name) => this.look([name])))).flat();
    }
  }

  private seen(name: string, topic: Topic | undefined): Topic | undefined {
    if (!this.watched.has(name)) return topic;
    const before = this.watched.get(name);
    if (before && (before.id !== topic?.id || before.leaders.some((leader, at) => leader !== topic.leaders[at])))
      this.doubt();
    this.watched.set(name, topic);
    if (topic && before?.id !== topic.id) this.changed();
    return topic;
  }
}

const topicOf = (name: string, { id, partitions }: ClusterTopicMetadata): Topic => ({
  name,
  id: id.replaceAll('-', ''),
  leaders: partitions.map(({ leader }) => (leader < 0 ? undefined : leader)),
});
