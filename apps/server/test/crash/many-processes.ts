import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isServer } from '#kernel/local';
import type { SeededRandomness } from '#kernel/base';
import { TestKafka } from '#kernel/kafka/testing';
import { TestRedis } from '#kernel/redis/testing';
import { until } from '#kernel/testing';
import { administrator, RunningServer } from '../running-server.js';
import { Deck } from './deck.js';
import { unreadInKafka, unreadInRedis } from './unread.js';
import type { Victim } from './victim.js';

interface Needs {
  readonly redis: boolean;
  readonly kafka: boolean;
  /** In two instances each: what they share by leases, one of them can lose. */
  readonly replicated: readonly string[];
}

/** By the files of topologies/. */
const needs: Readonly<Record<string, Needs>> = {
  'split-redis.yaml': { redis: true, kafka: false, replicated: ['ordering', 'payments'] },
  'split-kafka.yaml': { redis: false, kafka: true, replicated: ['ordering', 'payments'] },
  'kafka-only.yaml': { redis: false, kafka: true, replicated: ['checkout'] },
  'mixed.yaml': { redis: true, kafka: true, replicated: ['checkout'] },
};
const LEASE_MS = 10_000;
/** After a lease has ended, its transactions may live on for so long. */
const TRANSACTION_MS = 3_000;

/** Answers since when somebody may have gone without an answer, where that is not just now. */
type Fault = () => Promise<number | void>;

/** The processes of a topology: each of them dies or freezes in its turn, and its brokers in all their ways. */
export class ManyProcesses implements Victim {
  private readonly seconds = new Map<string, number[]>();
  private readonly frozen = new Set<number>();
  private readonly faults: Deck<readonly [name: string, fault: Fault]>;

  private constructor(
    readonly server: RunningServer,
    private readonly redis: TestRedis | undefined,
    private readonly kafka: TestKafka | undefined,
    private readonly chance: SeededRandomness,
    private readonly labels: Deck<string>,
    private readonly replicas: Deck<string>,
    kinds: readonly string[] | undefined,
  ) {
    const faults: Readonly<Record<string, Fault>> = {
      'a process killed': () => this.kill(1),
      'two processes killed at once': () => this.kill(2),
      'a process killed, and again when it is back': () => this.killTwice(),
      'a replica frozen past its lease': () => this.freezeReplica(),
      'the launcher killed, and all with it': () => this.restart(),
      ...(redis && {
        ...this.faultsOf('Redis', redis),
        'Redis flushed': async () => void (await redis.client.flushall()),
      }),
      ...(kafka && this.faultsOf('Kafka', kafka)),
    };
    const cards = (kinds ?? Object.keys(faults)).map((kind) => [kind, faults[kind]!] as const);
    this.faults = new Deck(cards, chance);
  }

  /** Of a file of topologies/; `kinds` of faults, where not all. */
  static async start(
    topology: string,
    env: Readonly<Record<string, string>>,
    chance: SeededRandomness,
    kinds?: readonly string[],
  ): Promise<ManyProcesses> {
    const { replicated, ...brokers } = needs[topology]!;
    const redis = brokers.redis ? await TestRedis.start() : undefined;
    const kafka = brokers.kafka ? await TestKafka.start() : undefined;
    try {
      const file = join(import.meta.dirname, '../../../../topologies', topology);
      const server = await RunningServer.start({
        args: ['--topology', file, ...replicated.flatMap((one) => ['--replicas', `${one}=2`])],
        env: { ...(redis && { REDIS_URL: redis.url }), ...(kafka && { KAFKA_BROKERS: kafka.brokers }), ...env },
      });
      const labels = (await server.processes()).filter((one) => isServer(one) && one.name !== 'launcher').map(labelOf);
      const shared = labels.filter((label) => replicated.some((name) => label.startsWith(`${name} `)));
      return new ManyProcesses(server, redis, kafka, chance, new Deck(labels, chance), new Deck(shared, chance), kinds);
    } catch (error) {
      await redis?.stop();
      await kafka?.stop();
      throw error;
    }
  }

  async harm(): Promise<void> {
    const [name, fault] = this.faults.draw();
    const began = await fault();
    if (this.chance.next() < 0.7) await this.note(name, began ?? performance.now()); // else the next comes before all is well
  }

  async underWay(): Promise<string[]> {
    const { redis, kafka } = this;
    const unread = await Promise.all([redis ? unreadInRedis(redis) : [], kafka ? unreadInKafka(kafka) : []]);
    return [...(await this.unready()), ...unread.flat()];
  }

  report(): string[] {
    return [...this.seconds].map(([name, seconds]) => {
      const sorted = seconds.toSorted((one, other) => one - other).map((one) => one.toFixed(1));
      return `${name} ${sorted.length} times: every context answers again after ${sorted[sorted.length >> 1]} s (median), ${sorted.at(-1)} s at most`;
    });
  }

  async stop(): Promise<void> {
    for (const pid of this.frozen) process.kill(pid, 'SIGCONT');
    for (const broker of [this.redis, this.kafka]) broker?.thaw();
    await this.server.stop();
    for (const broker of [this.redis, this.kafka]) await broker?.stop();
  }

  private async kill(count: number): Promise<void> {
    const labels = Array.from({ length: count }, () => this.labels.draw());
    const pids = await Promise.all(labels.map((label) => this.pidOf(label)));
    for (const pid of pids) process.kill(pid, 'SIGKILL');
  }

  private async killTwice(): Promise<void> {
    const label = this.labels.draw();
    const former = await this.pidOf(label);
    process.kill(former, 'SIGKILL');
    process.kill(await this.pidOf(label, former), 'SIGKILL');
  }

  private async restart(): Promise<number> {
    const began = performance.now();
    await this.server.kill();
    await this.server.launch();
    return began;
  }

  /** It wakes in the midst of what it did, when others have long gone on with that. */
  private async freezeReplica(): Promise<void> {
    const pid = await this.pidOf(this.replicas.draw());
    process.kill(pid, 'SIGSTOP');
    this.frozen.add(pid);
    const sleep = pause(this.between(LEASE_MS + TRANSACTION_MS, LEASE_MS + TRANSACTION_MS + 3_000));
    await this.note('while a replica is frozen', performance.now());
    await sleep;
    process.kill(pid, 'SIGCONT');
    this.frozen.delete(pid);
  }

  private faultsOf(name: string, broker: TestRedis | TestKafka): Readonly<Record<string, Fault>> {
    const restart = async (meanwhile?: Fault) => {
      await broker.kill();
      await meanwhile?.();
      await broker.launch();
    };
    const freeze = async () => {
      broker.freeze();
      await pause(this.between(1_000, 8_000));
      broker.thaw();
    };
    return {
      [`${name} killed`]: () => restart(),
      [`${name} restarted empty`]: () => restart(() => broker.lose()),
      [`${name} away for seconds`]: () => restart(() => pause(this.between(1_000, 6_000))),
      [`${name} frozen for seconds`]: freeze,
    };
  }

  /** Those that have not come back. */
  private async unready(): Promise<string[]> {
    const processes = await this.server.processes();
    const found = await Promise.all(
      this.labels.cards.map(async (label) => {
        const { http } = processes.find((one) => labelOf(one) === label)?.ports ?? {};
        const health = fetch(`http://127.0.0.1:${http}/health/ready`, { signal: AbortSignal.timeout(5_000) });
        return (await health.catch(() => undefined))?.ok ? [] : [`${label} is not ready`];
      }),
    );
    return found.flat();
  }

  /** Of the living one; a process that was killed must come back. */
  private pidOf(label: string, former?: number): Promise<number> {
    return until(
      async () => {
        const { pid } = (await this.server.processes()).find((one) => labelOf(one) === label) ?? {};
        return pid !== undefined && pid !== former && process.kill(pid, 0) && pid;
      },
      `${label} is back`,
      60,
    );
  }

  /** Waits until every context answers, and notes how long that took. */
  private async note(what: string, began: number): Promise<void> {
    await this.everyContextAnswers();
    const seconds = this.seconds.get(what) ?? [];
    this.seconds.set(what, [...seconds, (performance.now() - began) / 1_000]);
  }

  private async everyContextAnswers(): Promise<void> {
    const login = await this.answer('/auth/login', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(administrator),
    });
    const { accessToken } = (await login.json()) as { accessToken: string };
    const nobody = '01890000-0000-7000-8000-000000000000';
    const paths = ['/products', '/stock/CRASH-A', `/carts/${nobody}`, `/orders/${nobody}`, `/orders/${nobody}/payment`];
    await Promise.all(paths.map((path) => this.answer(path, { headers: { authorization: `Bearer ${accessToken}` } })));
  }

  private answer(path: string, request: RequestInit): Promise<Response> {
    const once = async () => {
      const answer = await fetch(`${this.server.url}/api/v1${path}`, {
        ...request,
        signal: AbortSignal.timeout(20_000),
      });
      return answer.status < 500 && answer;
    };
    return until(once, `${path} is answered`, 60);
  }

  private between(least: number, most: number): number {
    return least + this.chance.next() * (most - least);
  }
}

const labelOf = ({ name, replica }: { name: string; replica: number }): string => `${name} ${replica}`;
