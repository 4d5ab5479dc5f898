import { Logger } from '@nestjs/common';
import {
  type API,
  type Broker,
  Connection,
  findCoordinatorV4,
  metadataV12,
  ResponseError,
  TimeoutError,
} from '@platformatic/kafka';
import { Alarm, pause } from '#kernel/base';
import { Warnings } from '#kernel/core';
import { KafkaFailure, why } from './failures.js';
import type { KafkaOptions } from './kafka-options.js';

/** A topic as the brokers know it just now. */
export interface Topic {
  readonly name: string;
  /** Another one where the topic was deleted and made anew. */
  readonly id: string;
  /** By partition; undefined while it has none. */
  readonly leaders: readonly (number | undefined)[];
}

/** A broker by its number, or whichever can be reached. */
type Node = number | 'any';

const BEAT_MS = 1_000;
const SIGN_OF_LIFE_WITHIN_MS = 2_000;
/** Longer than a broker takes to hear of its replicas (PRODUCE_WITHIN_MS), or waits for news. */
const ANSWER_WITHIN_MS = 6_000;
const RETRY_MS = 1_000;
const WARN_EVERY_MS = 10_000;
const GROUP = 0;

/**
 * Kafka's brokers, over connections that heal by themselves and never do anything twice: what was on its way when one
 * broke is rejected. The client's own producer, consumer and admin repeat, for as long as it takes, what must be looked at
 * again first; hence its connections and its protocol alone. A broker that hangs is found out by a heartbeat.
 */
export class Cluster {
  /** Grows when a connection breaks or a leader changes: from then on the brokers may have forgotten something. */
  epoch = 0;
  private readonly logger = new Logger('Kafka');
  private readonly connections = new Map<string, Promise<Connection>>();
  private readonly open = new Set<Connection>();
  private readonly brokers = new Map<number, Broker>();
  private readonly watched = new Map<string, Topic | undefined>();
  private readonly coordinators = new Map<string, number>();
  private readonly alarm = new Alarm();
  private readonly closing = new AbortController();
  private readonly waiting = new Set<() => void>();
  private up = false;
  /** Why it is away, as it was last said, and when. */
  private told: { readonly reason: string; readonly at: number } | undefined;
  private tried = 0;
  private readonly warnings = new Warnings('Kafka');

  constructor(
    private readonly options: KafkaOptions,
    private readonly purpose: string,
    /** It is back, or there is a topic that was not there. */
    private readonly changed: () => void = () => undefined,
  ) {
    void this.run();
  }

  get isReady(): boolean {
    return this.up;
  }

  /** How many brokers there are. */
  get size(): number {
    return this.brokers.size;
  }

  /** One that is not the heartbeat's: for what may take longer. */
  anyNode(): Node {
    const [node] = this.brokers.keys();
    return node ?? 'any';
  }

  /** Waits for it as long as that. */
  async isReadyWithin(milliseconds: number): Promise<boolean> {
    if (this.up || this.closing.signal.aborted) return this.up;
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.waiting.delete(done);
        resolve(this.up);
      };
      const timer = setTimeout(done, milliseconds);
      this.waiting.add(done);
    });
  }

  /**
   * Asks a broker. What has its own error code within the answer must be looked at there. `line`: what waits long at the
   * broker has a connection of its own, since each is answered in order.
   */
  async ask<Question extends unknown[], Answer>(
    node: Node,
    { api }: { api: API<Question, Answer> },
    question: Question,
    line = '',
  ): Promise<Answer> {
    const connection = await this.connection(node, line);
    try {
      return await api.async(connection, ...question);
    } catch (error) {
      if (error instanceof ResponseError) return error['response'] as Answer;
      throw error;
    }
  }

  /** As it is now; undefined where there is none. */
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

  /** The broker that keeps a group's places. */
  async coordinator(group: string): Promise<number> {
    const known = this.coordinators.get(group);
    if (known !== undefined) return known;
    const { coordinators } = await this.ask('any', findCoordinatorV4, [GROUP, [group]]);
    const { nodeId, errorCode, host, port } = coordinators[0]!;
    if (errorCode !== 0) throw new KafkaFailure(errorCode, `the coordinator of ${group}`);
    this.brokers.set(nodeId, { host, port });
    this.coordinators.set(group, nodeId);
    return nodeId;
  }

  /** What was known of leaders and coordinators is wrong: it is asked for anew. */
  suspect(): void {
    this.epoch++;
    this.coordinators.clear();
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
    for (const done of this.waiting) done();
    this.breakAll();
  }

  private async run(): Promise<void> {
    let isLate = false;
    for (let failures = 0; !this.closing.signal.aborted;) {
      try {
        await this.look([...this.watched.keys()]).catch((error: unknown) => {
          if (!(error instanceof KafkaFailure)) throw error; // of a topic: it was answered
        });
        failures = 0;
        isLate = false;
        this.isUp();
        await this.alarm.sleep(BEAT_MS);
      } catch (error) {
        // It may have been this process that hung, or the broker for a moment: it is asked once more.
        isLate = this.up && !isLate && error instanceof TimeoutError;
        if (isLate) continue;
        this.isDown(error);
        this.tried++;
        const delay = this.options.randomness.jitter(Math.min(25 * 2 ** failures++, RETRY_MS));
        await pause(delay, this.closing.signal);
      }
    }
  }

  private isUp(): void {
    if (this.up || this.closing.signal.aborted) return;
    this.up = true;
    if (this.told) this.logger.log(`${this.purpose}: Kafka is back`);
    this.told = undefined;
    for (const done of this.waiting) done();
    this.changed();
  }

  private isDown(error: unknown): void {
    if (this.closing.signal.aborted) return;
    this.tell(why(error));
    this.up = false;
    this.breakAll();
  }

  /** Once; and again where it was one thing first, as that nobody listened, and is another for long. */
  private tell(reason: string): void {
    const now = performance.now();
    if (this.told && (this.told.reason === reason || now - this.told.at < WARN_EVERY_MS)) return;
    this.logger.warn(`${this.purpose}: Kafka is away: ${reason}`);
    this.told = { reason, at: now };
  }

  private breakAll(): void {
    this.epoch++;
    this.coordinators.clear();
    this.connections.clear();
    for (const connection of this.open) end(connection);
  }

  private async look(names: string[]): Promise<(Topic | undefined)[]> {
    const { brokers, topics } = await this.ask('any', metadataV12, [names, false, false]);
    for (const { nodeId, host, port } of brokers) this.brokers.set(nodeId, { host, port });
    const listed = new Set(brokers.map(({ nodeId }) => nodeId));
    for (const nodeId of this.brokers.keys()) if (!listed.has(nodeId)) this.brokers.delete(nodeId);
    return names.map((name) => {
      const found = topics.find((topic) => topic.name === name);
      if (!found || found.errorCode === UNKNOWN_TOPIC) return this.seen(name, undefined);
      if (found.errorCode !== 0) throw new KafkaFailure(found.errorCode, name);
      const leaders = found.partitions
        .toSorted((one, other) => one.partitionIndex - other.partitionIndex)
        .map(({ leaderId, errorCode }) => (errorCode === 0 || leaderId >= 0 ? leaderId : undefined));
      return this.seen(name, { name, id: found.topicId.replaceAll('-', ''), leaders });
    });
  }

  private seen(name: string, topic: Topic | undefined): Topic | undefined {
    if (!this.watched.has(name)) return topic;
    const before = this.watched.get(name);
    if (before && (before.id !== topic?.id || before.leaders.some((leader, at) => leader !== topic.leaders[at])))
      this.epoch++;
    this.watched.set(name, topic);
    if (topic && before?.id !== topic.id) this.changed();
    return topic;
  }

  private connection(node: Node, line: string): Promise<Connection> {
    if (this.closing.signal.aborted) return Promise.reject(new Error('Kafka: closed'));
    const key = `${node} ${line}`;
    const existing = this.connections.get(key);
    if (existing) return existing;
    const made = this.connect(node);
    this.connections.set(key, made);
    const forget = (): void => {
      if (this.connections.get(key) === made) this.connections.delete(key);
    };
    made.then(
      (connection) =>
        connection.once('close', () => {
          forget();
          this.open.delete(connection);
          this.epoch++;
          if (node === 'any') this.alarm.wake(); // to find out at once
        }),
      forget,
    );
    return made;
  }

  private async connect(node: Node): Promise<Connection> {
    const broker = node === 'any' ? this.next() : this.brokers.get(node);
    if (!broker) throw new Error(`Kafka: broker ${node} is not there`);
    const { prefix, instance, tls, sasl } = this.options;
    const connection = new Connection(`${prefix}:${this.purpose}:${instance}`.replaceAll(/[^!-~]/g, '_'), {
      connectTimeout: SIGN_OF_LIFE_WITHIN_MS,
      requestTimeout: node === 'any' ? SIGN_OF_LIFE_WITHIN_MS : ANSWER_WITHIN_MS,
      maxInflights: 1_000,
      ...(tls ? { tls } : {}),
      ...(sasl ? { sasl } : {}),
    });
    connection.on('error', () => undefined); // whoever asked is told
    this.open.add(connection);
    try {
      await connection.connect(broker.host, broker.port);
    } catch (error) {
      this.open.delete(connection);
      end(connection);
      throw error;
    }
    if (this.closing.signal.aborted) end(connection);
    return connection;
  }

  /** One after the other, beginning with those that the settings name. */
  private next(): Broker {
    const named = this.options.brokers.map((text) => {
      const [, host = text, port = '9092'] = /^(.*?)(?::(\d+))?$/.exec(text) ?? [];
      return { host, port: Number(port) };
    });
    const all = [...named, ...this.brokers.values()];
    return all[this.tried % all.length]!;
  }
}

const UNKNOWN_TOPIC = 3;

function end(connection: Connection): void {
  void connection.close().catch(() => undefined); // closed already
  (connection.socket as Connection['socket'] | undefined)?.destroy();
}
