import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from '#kernel/local';
import { isMissing, TestBroker, until } from '#kernel/testing';

/** A Redis of a test's own, with an append-only file; `redis-server` (7 or later) must be on the PATH. */
export class TestRedis extends TestBroker {
  static readonly isMissing = isMissing('redis');

  /** For looking, and for doing harm. */
  readonly client: Redis;

  private constructor(
    private readonly port: number,
    private readonly directory: string,
  ) {
    super();
    this.client = new Redis(this.url, { lazyConnect: true, retryStrategy: () => 50 });
    this.client.on('error', () => undefined); // it is killed on purpose
  }

  static async start(): Promise<TestRedis> {
    const redis = new TestRedis(await freePort(), await mkdtemp(join(tmpdir(), 'cleave-redis-')));
    await redis.launch();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts the server (again), on what it had on disk. */
  async launch(...settings: string[]): Promise<void> {
    const usual = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.directory, '--save', ''];
    const child = spawn('redis-server', [...usual, '--appendonly', 'yes', ...settings], { stdio: 'ignore' });
    this.child = child;
    await once(child, 'spawn');
    await until(async () => (await this.client.ping()) === 'PONG', 'Redis answers');
  }

  /** Forgets what is on disk too; to be called while it is not running. */
  async lose(): Promise<void> {
    await rm(join(this.directory, 'appendonlydir'), { recursive: true, force: true });
  }

  async stop(): Promise<void> {
    this.client.disconnect();
    await this.kill();
    await rm(this.directory, { recursive: true, force: true });
  }
}
