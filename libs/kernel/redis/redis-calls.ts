import { Logger } from '@nestjs/common';
import { ReplyError } from 'ioredis';
import { errorText, secretToken } from '#kernel/base';
import {
  type Attempt,
  type Handle,
  LONGEST_ATTEMPT_MS,
  MAX_BYTES,
  PACKET,
  Packets,
  readAttempts,
  readReplies,
  Sealed,
  ServedCalls,
  type Waiting,
  WaitingCalls,
  writeAttempts,
} from '#kernel/brokers';
import { type CallRequest, type CallTransport, NoReply, type TransportStatus } from '#kernel/core';
import { kernelFailure } from '#kernel/messages';
import { CallConsumer, type Work } from './call-consumer.js';
import { Connection, type RedisOptions } from './connection.js';

export interface RedisCallsOptions extends RedisOptions {
  /** How many requests to one context this process works at. */
  readonly concurrency?: number;
}

/** Attempts that left together, under one signature. */
interface Packet {
  readonly sealed: string;
  readonly attempts: readonly Waiting<Packet>[];
}

/** Requests that nobody takes, nor the one who asked takes back. */
const LIST_EXPIRES_MS = 2 * LONGEST_ATTEMPT_MS;
/** Rung when its consumer was not waiting, nobody hears it. */
const BELL_EXPIRES_MS = 10_000;

/**
 * Calls over Redis: a list of packets of requests for each context, popped by whichever replica is free, and a channel
 * for the replies to each process that asks. At most once: a request is popped once, and never sent again by the connection.
 */
export class RedisCalls implements CallTransport {
  private readonly logger = new Logger('Redis');
  /** Not the instance's name alone: it may come back under it, and must not hear what its former self asked. */
  private readonly self = secretToken().slice(0, 16);
  private readonly sealed: Sealed;
  private readonly waiting: WaitingCalls<Packet>;
  private readonly served: ServedCalls;
  private readonly commands: Connection;
  private readonly replies: Connection;
  private readonly consumers = new Map<string, CallConsumer>();
  private readonly requests = new Packets<Waiting<Packet>>((list, attempts) => this.push(list, attempts));
  private readonly answers = new Packets<string>((channel, replies) => this.publish(channel, replies));
  private listening = false;

  constructor(private readonly options: RedisCallsOptions) {
    const { clock, maxBytes = MAX_BYTES } = options;
    this.sealed = new Sealed(options.key, this.logger);
    this.waiting = new WaitingCalls({ clock, maxBytes, from: this.self });
    this.served = new ServedCalls(clock, maxBytes, this.logger);
    this.commands = new Connection(options, 'calls');
    this.replies = new Connection(options, 'replies', {
      ready: () => void this.listen(),
      lost: () => this.loseReplies(),
    });
    this.replies.redis.on('message', (_channel, sealed) => this.hear(sealed));
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
    const list = this.list(owner);
    return await this.waiting.ask(
      request,
      (waiting) => this.requests.add(list, waiting),
      (waiting) => void this.giveUp(waiting, list),
    );
  }

  async serve(owner: string, handle: Handle): Promise<void> {
    const list = this.list(owner);
    const { concurrency = 64 } = this.options;
    const work: Work = {
      read: (sealed) => this.sealed.open(list, sealed, readAttempts) ?? [],
      carryOut: (attempt) => this.carryOut(attempt, handle),
      giveBack: (attempts) => this.giveBack(list, attempts),
    };
    this.consumers.set(owner, new CallConsumer(this.options, list, this.bell(owner), concurrency, work));
  }

  async drain(): Promise<void> {
    const { redis } = this.commands;
    const ring = (bell: string) => redis.multi().rpush(bell, '').pexpire(bell, BELL_EXPIRES_MS).exec();
    await Promise.all([...this.consumers].map(([owner, consumer]) => consumer.stop(() => ring(this.bell(owner)))));
  }

  async close(): Promise<void> {
    for (const consumer of this.consumers.values()) consumer.close();
    this.commands.close();
    this.replies.close();
    this.loseReplies();
  }

  private get canAsk(): boolean {
    return this.listening && this.commands.isReady;
  }

  private async push(list: string, all: readonly Waiting<Packet>[]): Promise<void> {
    const { redis } = this.commands;
    const attempts = all.filter((waiting) => this.waiting.has(waiting)); // without those given up before they could leave
    if (attempts.length === 0) return;
    const packets: string[] = [];
    for (let at = 0; at < attempts.length; at += PACKET) {
      const some = attempts.slice(at, at + PACKET);
      const packet = { sealed: this.sealed.seal(list, writeAttempts(some.map(({ text }) => text))), attempts: some };
      for (const attempt of some) attempt.place = packet;
      packets.push(packet.sealed);
    }
    try {
      const length = await redis.rpush(list, ...packets);
      if (length > packets.length) await redis.pexpire(list, LIST_EXPIRES_MS); // somebody's are waiting
    } catch (error) {
      // Redis' own refusal is certain; of a connection that broke nobody knows what it had carried.
      const refused = error instanceof (ReplyError as typeof Error);
      for (const attempt of attempts) {
        this.waiting.reject(
          attempt,
          refused ? kernelFailure('kernel.unavailable', { cause: error }) : new NoReply(errorText(error)),
        );
      }
    }
  }

  /** Takes its packet back. Where that was still there, surely nothing of it was begun. */
  private async giveUp(waiting: Waiting<Packet>, list: string): Promise<void> {
    if (!waiting.place) {
      this.waiting.reject(waiting, kernelFailure('kernel.unavailable'));
      return;
    }
    const { sealed, attempts } = waiting.place;
    const removed = await this.commands.redis.lrem(list, 1, sealed).catch(() => 0); // then nobody knows
    if (removed === 0) this.waiting.reject(waiting, new NoReply('no reply to this attempt'));
    else for (const attempt of attempts) this.waiting.reject(attempt, kernelFailure('kernel.unavailable'));
  }

  private async listen(): Promise<void> {
    const { epoch } = this.replies;
    try {
      await this.replies.redis.subscribe(this.channel(this.self));
      this.listening = epoch === this.replies.epoch;
    } catch (error) {
      if (epoch === this.replies.epoch) this.replies.break(`cannot subscribe: ${errorText(error)}`);
    }
  }

  /** What is told meanwhile is lost: rather ask again at once than wait for it. */
  private loseReplies(): void {
    this.listening = false;
    this.waiting.rejectAll('the connection for replies broke');
  }

  private hear(sealed: string): void {
    for (const reply of this.sealed.open(this.channel(this.self), sealed, readReplies) ?? []) this.waiting.hear(reply);
  }

  private async carryOut(attempt: Attempt, handle: Handle): Promise<void> {
    const reply = await this.served.carryOut(attempt, handle);
    if (reply !== undefined) this.answers.add(this.channel(attempt.from), reply);
  }

  /** Lets another replica, or this one later, take what was in a packet and has no room here. */
  private async giveBack(list: string, attempts: readonly Attempt[]): Promise<void> {
    const sealed = this.sealed.seal(list, JSON.stringify(attempts));
    await this.commands.redis.multi().lpush(list, sealed).pexpire(list, LIST_EXPIRES_MS).exec();
  }

  private async publish(channel: string, replies: readonly string[]): Promise<void> {
    try {
      await this.commands.redis.publish(channel, this.sealed.seal(channel, replies.join('')));
    } catch (error) {
      this.logger.debug(`replies were lost: ${errorText(error)}`); // who asked finds out by its attempt's end
    }
  }

  private list = (owner: string): string => `${this.options.prefix}:calls:${owner}`;
  private bell = (owner: string): string => `${this.list(owner)}:${this.self}`;
  private channel = (from: string): string => `${this.options.prefix}:replies:${from}`;
}
