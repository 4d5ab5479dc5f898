import type { ConnectionOptions } from 'node:tls';
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { errorMessage, errorText, holdsWithin } from '#kernel/base';
import { type BusOptions, clientName } from '#kernel/brokers';

/** What both of Redis' transports are told. */
export interface RedisOptions extends BusOptions {
  readonly url: string;
  readonly tls?: ConnectionOptions | undefined;
}

const HEARTBEAT_MS = 2_000;
/** Longer than anything that blocks (BLOCK_SECONDS). */
const ANSWER_WITHIN_MS = 5_000;
export const BLOCK_SECONDS = 2;

/**
 * A connection that heals by itself and never does anything twice: what was on its way when it broke is rejected, and
 * while it is away everything is rejected at once. A server that hangs is found out by its heartbeat.
 */
export class Connection {
  readonly redis: Redis;
  /** Which connection this is: in the next one the server may be another, or have forgotten. */
  epoch = 0;
  private readonly logger = new Logger('Redis');
  private readonly heart: NodeJS.Timeout;
  private told = false;
  private lastError: Error | undefined;

  constructor(
    options: RedisOptions,
    private readonly purpose: string,
    events: { readonly ready?: () => void; readonly lost?: () => void } = {},
  ) {
    const { url, tls, randomness } = options;
    this.redis = new Redis(url, {
      ...(tls ? { tls } : {}),
      connectionName: clientName(options, purpose),
      disableClientInfo: true,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      autoResubscribe: false, // its rejection would be nobody's
      commandTimeout: ANSWER_WITHIN_MS,
      connectTimeout: ANSWER_WITHIN_MS,
      retryStrategy: (attempt) => randomness.jitter(Math.min(25 * 2 ** attempt, 1_000)),
      reconnectOnError: (error) => error.message.startsWith('READONLY'), // a replica now: find the new primary
    });
    this.redis.on('error', (error) => (this.lastError = error));
    this.redis.on('close', () => {
      this.epoch++;
      events.lost?.();
      if (!this.told && this.redis.status !== 'end')
        this.logger.warn(
          `${purpose}: Redis is away: ${this.lastError ? errorMessage(this.lastError) : 'it ended the connection'}`,
        );
      this.told = true;
    });
    this.redis.on('ready', () => {
      if (this.told) this.logger.log(`${purpose}: Redis is back`);
      this.told = false;
      this.lastError = undefined;
      events.ready?.();
    });
    this.heart = setInterval(() => this.beat(), HEARTBEAT_MS);
    this.heart.unref();
  }

  get isReady(): boolean {
    return this.redis.status === 'ready' && this.redis.stream.writable;
  }

  /** Waits for it as long as that. */
  isReadyWithin(milliseconds: number): Promise<boolean> {
    return holdsWithin(milliseconds, () => this.isReady || this.redis.status === 'end').then(() => this.isReady);
  }

  /** Makes it anew. */
  break(why: string): void {
    this.redis.stream.destroy(new Error(why));
  }

  close(): void {
    clearInterval(this.heart);
    const { isReady } = this;
    this.redis.disconnect();
    // Ended, as ioredis does it, amid a handshake that is refused it tells of two errors, and ioredis hears the first alone.
    if (!isReady) this.redis.stream?.destroy();
  }

  private beat(): void {
    const { epoch } = this;
    if (!this.isReady) return;
    this.redis.ping().catch((error: unknown) => {
      if (epoch === this.epoch) this.break(`no sign of life: ${errorText(error)}`);
    });
  }
}
