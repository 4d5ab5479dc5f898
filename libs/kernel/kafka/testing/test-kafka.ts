import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasEnded } from '#kernel/local';
import { isMissing, TestBroker, until } from '#kernel/testing';
import { kafkaHome } from '../local/kafka-home.js';
import { answers, type BrokerPorts, brokerPorts, identify, spawnBroker } from '../local/spawn-broker.js';

/** A Kafka of a test's own, of one broker; Java 17 or later and Maven must be there, or KAFKA_HOME. */
export class TestKafka extends TestBroker {
  static readonly isMissing = isMissing('kafka');

  private constructor(
    readonly ports: BrokerPorts,
    private readonly directory: string,
    /** As `log.retention.ms=1000`. */
    private readonly settings: readonly string[] = [],
  ) {
    super();
  }

  static async start(...settings: string[]): Promise<TestKafka> {
    const kafka = new TestKafka(await brokerPorts(), await newFolder());
    await kafka.launch(...settings);
    return kafka;
  }

  /** Three brokers that keep copies of each other's partitions. */
  static async startCluster(): Promise<TestKafka[]> {
    const ports = [await brokerPorts(), await brokerPorts(), await brokerPorts()];
    const voters = ports.map(({ controllerPort }, at) => `${at + 1}@127.0.0.1:${controllerPort}`).join(',');
    const brokers = await Promise.all(
      ports.map(async (own, at) => {
        const folder = await newFolder();
        await identify(folder, 'one-cluster-of-a-test-', at + 1);
        const settings = [
          `node.id=${at + 1}`,
          `controller.quorum.voters=${voters}`,
          'offsets.topic.replication.factor=3',
        ];
        return new TestKafka(own, folder, settings);
      }),
    );
    await Promise.all(brokers.map((broker) => broker.launch()));
    return brokers;
  }

  /** For `bootstrapBrokers`. */
  get brokers(): string {
    return `127.0.0.1:${this.ports.port}`;
  }

  /** Starts the broker (again), on what it had on disk. */
  async launch(...more: string[]): Promise<void> {
    const settings = [...this.settings, ...more];
    const child = await spawnBroker(await kafkaHome(), this.directory, this.ports, { settings });
    this.child = child;
    const isThere = async () => hasEnded(child) || (await answers(this.directory, this.ports.port));
    const patience = 60; // seconds: on a busy machine a JVM takes its time
    await until(isThere, 'Kafka answers', patience).catch(async (error: unknown) => {
      throw new Error(`${String(error)}\n${await this.log()}`);
    });
    if (hasEnded(child)) throw new Error(`Kafka ended\n${await this.log()}`);
  }

  /** Forgets all it had, topics too; to be called while it is not running. */
  async lose(): Promise<void> {
    await rm(join(this.directory, 'data'), { recursive: true, force: true });
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.directory, { recursive: true, force: true });
  }

  private async log(): Promise<string> {
    return (await readFile(join(this.directory, 'kafka.log'), 'utf8')).slice(-4_000);
  }
}

const newFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'cleave-kafka-'));
