import { Logger } from '@nestjs/common';
import { type Admin, type Base, type Consumer, type Producer, TimeoutError } from '@platformatic/kafka';
import { Alarm, holdsWithin, pause } from '#kernel/base';
import { Warnings } from '#kernel/core';
import { Clients } from './clients.js';
import { isUnknownTopic, reasonOf } from './failures.js';
import type { KafkaOptions } from './kafka-options.js';

/** A topic as the brokers know it just now. */
export interface Topic {
  readonly name: string;
  /** Another one where the topic was deleted and made anew. */
  readonly id: string;
  /** By partition. */
  readonly leaders: readonly number[];
}

const HEARTBEAT_MS = 1_000;
const RETRY_MS = 1_000;

/**
 * Kafka's brokers as this process knows them: whether they can be reached, and whether they may have forgotten something. A
 * heartbeat finds out that a broker hangs.
 */
export class Cluster {
  /** Grows when a connection breaks or a broker refuses something: from then on the brokers may have forgotten something. */
  epoch = 0;
  private readonly logger = new Logger('Kafka');
  private readonly warnings = new Warnings('Kafka');
  private readonly clients: Clients;
  private readonly alarm = new Alarm();
  private readonly closing = new AbortController();
  private up = false;
  private wasAway = false;

  constructor(
    private readonly options: KafkaOptions,
    private readonly purpose: string,
    /** Called when Kafka can be reached, for the first time or again. */
    private readonly ready: () => void = () => undefined,
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

  /** Discards its session with the broker: a failed request leaves it in doubt. */
  closeConsumer(name: string): void {
    this.clients.close(name);
  }

  /** Waits until Kafka can be reached, as long as that. @returns whether it can */
  isReadyWithin(milliseconds: number): Promise<boolean> {
    return holdsWithin(milliseconds, () => this.up || this.closing.signal.aborted).then(() => this.up);
  }

  /** The topic as the brokers know it now; undefined where there is none. @throws Error where a partition has no leader */
  topic(name: string): Promise<Topic | undefined> {
    return topicIn(this.admin, name, true);
  }

  /** The topic as the producer knows it since the last failure. */
  cachedTopic(name: string): Promise<Topic | undefined> {
    return topicIn(this.producer, name, false);
  }

  /** Discards what is known of leaders: it may be wrong. */
  suspect(): void {
    this.epoch++;
    this.clients.clearMetadata();
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
        await this.clients.metadata.metadata({ topics: [], forceUpdate: true });
        failures = 0;
        isLate = false;
        this.isUp();
        await this.alarm.sleep(HEARTBEAT_MS);
      } catch (error) {
        // This process may have hung, or the broker for a moment: it is asked once more.
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
    this.ready();
  }

  private isDown(error: unknown): void {
    if (this.closing.signal.aborted) return;
    this.warnings.warn(`${this.purpose}: Kafka is away`, reasonOf(error));
    this.wasAway = true;
    this.up = false;
    this.suspect();
    this.clients.closeAll();
  }

  private disconnected(client: string): void {
    this.suspect();
    if (client === 'metadata') this.alarm.wake(); // to find out at once
  }
}

async function topicIn(client: Base, name: string, forceUpdate: boolean): Promise<Topic | undefined> {
  try {
    const { topics } = await client.metadata({ topics: [name], forceUpdate });
    const { id, partitions } = topics.get(name)!;
    return { name, id: id.replaceAll('-', ''), leaders: partitions.map(({ leader }) => leader) };
  } catch (error) {
    if (isUnknownTopic(error)) return undefined;
    throw error;
  }
}
