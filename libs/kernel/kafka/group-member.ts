import { Logger } from '@nestjs/common';
import { Consumer } from '@platformatic/kafka';
import { Alarm, errorText } from '#kernel/base';
import { clientOptions } from './clients.js';
import type { KafkaOptions } from './kafka-options.js';

/** The shortest that a broker takes by its defaults. */
const SESSION_MS = 6_000;
/** Each learns by it that another joined or left. */
const HEARTBEAT_MS = 500;
/** Without a heartbeat. */
const STALLED_MS = 2 * SESSION_MS;

/**
 * Membership in a consumer group, used for one thing: to know which partitions of a topic are this process's to read. What
 * it had it goes on reading until it is told otherwise, so that a rebalance holds up nothing.
 */
export class GroupMember {
  /** It is in the group; what it is to read may be nothing. */
  isJoined = false;
  private readonly logger = new Logger('Kafka');
  private readonly alarm = new Alarm();
  private readonly running: Promise<void>;
  private stopping = false;
  private broken = false;

  constructor(
    private readonly options: KafkaOptions,
    private readonly topic: string,
    private readonly calls: {
      /** There is a topic to share. */
      readonly ready: () => Promise<unknown>;
      readonly assigned: (partitions: readonly number[]) => void;
    },
  ) {
    this.running = this.run();
  }

  /** Leaves at once, so that another reads what was this one's; it is not told before it looks, within its heartbeat. */
  async leave(): Promise<void> {
    this.stopping = true;
    this.alarm.wake();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      const consumer = this.client();
      try {
        await this.calls.ready();
        this.broken = false;
        await consumer.joinGroup({});
        while (!this.stopping && !this.broken) await this.alarm.sleep(60_000);
      } catch (error) {
        this.logger.debug(`${this.topic}: cannot join its readers: ${errorText(error)}`); // where Kafka is away its connection says so
      }
      this.isJoined = false;
      await consumer.close(true).catch(() => consumer.connections.close()); // where it cannot leave, its session ends
      if (!this.stopping) await this.alarm.sleep(this.options.randomness.jitter(1_000));
    }
  }

  private client(): Consumer {
    const consumer = new Consumer({
      ...clientOptions(this.options, `reads ${this.topic}`),
      requestTimeout: SESSION_MS + 2_000, // joining waits for the others
      groupId: this.topic,
      sessionTimeout: SESSION_MS,
      rebalanceTimeout: SESSION_MS,
      heartbeatInterval: HEARTBEAT_MS,
      heartbeatStallTimeout: STALLED_MS,
      retries: 3,
      retryDelay: 200,
    });
    const renew = (): void => {
      this.broken = true;
      this.alarm.wake();
    };
    consumer.topics.track(this.topic);
    consumer.on('error', renew);
    consumer.on('consumer:heartbeat:stalled', renew);
    consumer.on('consumer:group:join', ({ assignments }) => {
      this.isJoined = true;
      this.calls.assigned(assignments?.find(({ topic }) => topic === this.topic)?.partitions ?? []);
    });
    return consumer;
  }
}
