import { Logger } from '@nestjs/common';
import { Alarm, errorText, type Randomness } from '#kernel/base';
import { type Attempt, PACKET } from '#kernel/brokers';
import { BLOCK_SECONDS, Connection, type RedisOptions } from './connection.js';

/** Packets. No more than a share of a heap: the rest is for replicas that are idle. */
const AT_ONCE = 4;

/** What is done with a packet of requests. */
export interface Work {
  readonly read: (sealed: string) => readonly Attempt[];
  readonly carryOut: (attempt: Attempt) => Promise<void>;
  readonly giveBack: (attempts: readonly Attempt[]) => Promise<void>;
}

/**
 * Takes requests from the list of one context, competing with its other replicas. Never more than it may work at: what
 * waits, waits where another replica can take it.
 */
export class CallConsumer {
  private readonly logger = new Logger('Redis');
  private readonly alarm = new Alarm();
  private readonly connection: Connection;
  private readonly randomness: Randomness;
  private readonly loop: Promise<void>;
  /** Room for a packet. */
  private readonly needed: number;
  private running = 0;
  private finished: (() => void) | undefined;
  private stopping = false;

  constructor(
    options: RedisOptions,
    private readonly list: string,
    /** A list of its own. What is pushed to it ends the waiting at once. */
    private readonly bell: string,
    private readonly concurrency: number,
    private readonly work: Work,
  ) {
    this.needed = Math.min(PACKET, concurrency);
    this.randomness = options.randomness;
    this.connection = new Connection(options, `takes ${list}`, { ready: () => this.alarm.wake() });
    this.loop = this.run();
  }

  get isReady(): boolean {
    return this.connection.isReady;
  }

  /** Takes no more; resolves when everything that was taken is done. `ring` pushes to the bell. */
  async stop(ring: () => Promise<unknown>): Promise<void> {
    this.stopping = true;
    this.alarm.wake();
    await ring().catch((error: unknown) => this.logger.debug(`the bell did not ring: ${errorText(error)}`)); // then it ends when it next looks
    await this.loop;
    if (this.running > 0) await new Promise<void>((resolve) => (this.finished = resolve));
  }

  close(): void {
    this.stopping = true;
    this.alarm.wake();
    this.connection.close();
  }

  private async run(): Promise<void> {
    const { redis } = this.connection;
    while (!this.stopping) {
      try {
        if (this.room < this.needed) {
          await this.alarm.sleep(1_000);
          continue;
        }
        const popped = await redis.blmpop(
          BLOCK_SECONDS,
          2,
          this.bell,
          this.list,
          'LEFT',
          'COUNT',
          Math.min(Math.floor(this.room / this.needed), AT_ONCE),
        );
        if (popped?.[0] !== this.list) continue;
        await this.take(popped[1].flatMap((sealed) => this.work.read(sealed)));
        await new Promise(setImmediate); // what can be answered at once is answered before more is taken
      } catch (error) {
        if (this.connection.isReady && !this.stopping)
          this.logger.warn(`cannot take from ${this.list}: ${errorText(error)}`);
        await this.alarm.sleep(this.randomness.jitter(1_000));
      }
    }
  }

  private get room(): number {
    return this.concurrency - this.running;
  }

  private async take(attempts: readonly Attempt[]): Promise<void> {
    const { room } = this;
    for (const attempt of attempts.slice(0, room)) void this.begin(attempt);
    if (attempts.length > room) await this.work.giveBack(attempts.slice(room));
  }

  private async begin(attempt: Attempt): Promise<void> {
    this.running++;
    try {
      await this.work.carryOut(attempt);
    } finally {
      this.running--;
      if (this.room === this.needed) this.alarm.wake();
      if (this.running === 0) this.finished?.();
    }
  }
}
