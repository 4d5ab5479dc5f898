import { Logger } from '@nestjs/common';
import { errorStack, errorText, Tasks } from '#kernel/base';
import type { Database } from '../database/database.js';
import type { Transaction } from '../database/transaction.js';
import { Loop } from '../runtime/loop.js';
import type { ParkedMessage, ParkedMessages } from './parked-messages.js';
import type { Handlers, Receiver } from './receiver.js';

const POLL_MS = 1_000;

export interface ParkingWorkerOptions {
  /** After so many a message is a dead letter. */
  readonly maxAttempts: number;
  /** How many messages are handled at once. */
  readonly concurrency: number;
}

/** Handles the parked messages of one context, each under a lease: retries, and commands whose handlers run outside any transaction. */
export class ParkingWorker {
  private readonly logger = new Logger('Parking');
  private readonly loop: Loop;
  private readonly tasks = new Tasks();
  private readonly receivers: ReadonlyMap<string, Receiver>;
  private stopping = false;
  /** Messages may wait behind those that are being handled. */
  private waiting = true;

  constructor(
    private readonly database: Database,
    private readonly parked: ParkedMessages,
    private readonly handlers: Handlers,
    receivers: readonly Receiver[],
    private readonly options: ParkingWorkerOptions,
  ) {
    this.receivers = new Map(receivers.map((receiver) => [receiver.name, receiver]));
    const failing = `parked messages of "${database.context}" not read, trying again`;
    this.loop = new Loop('Parking', failing, POLL_MS, () => this.poll());
  }

  /** A further message could begin at once. */
  get hasRoom(): boolean {
    return !this.stopping && this.free > 0;
  }

  start(): void {
    this.loop.start();
  }

  /** There may be messages to handle: poll now. */
  wake(): void {
    this.waiting = true;
    this.loop.wake();
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.loop.stop();
    await this.tasks.ended();
  }

  /** Handles a message that this process has leased. */
  begin(message: ParkedMessage): void {
    const work = this.handle(message)
      .catch((error: unknown) => this.failed(message, error))
      .catch((error: unknown) =>
        this.logger.warn(`${message.name} ${message.id} stays leased for a while: ${errorText(error)}`),
      );
    void this.tasks.add(work).then(() => {
      if (this.waiting) this.loop.wake();
    });
  }

  private get free(): number {
    return this.options.concurrency - this.tasks.size;
  }

  /** Leases what is due. @returns milliseconds until the next poll */
  private async poll(): Promise<number> {
    const { free } = this;
    const leased = free > 0 ? await this.parked.lease(free, [...this.receivers.keys()]) : [];
    for (const message of leased) this.begin(message);
    if (leased.length === free || (!this.waiting && leased.length === 0)) return POLL_MS;
    const nextMs = await this.parked.nextDueMs();
    this.waiting = nextMs !== undefined;
    return Math.max(1, Math.min(POLL_MS, nextMs ?? POLL_MS));
  }

  private async handle(message: ParkedMessage): Promise<void> {
    const receiver = this.receivers.get(message.subscriber)!;
    if (receiver.runsOutside(message)) await this.handleOutside(receiver, message);
    else await this.handleInside(receiver, message);
  }

  /** The handler's effects and the removal of the message are one transaction. */
  private async handleInside(receiver: Receiver, message: ParkedMessage): Promise<void> {
    await this.database.transaction(async () => {
      const transaction = this.database.currentTransaction()!;
      transaction.again = true;
      await this.handlers.handle(receiver, message.publisher, message);
      await this.remove(message, transaction);
    });
  }

  /** The removal is written with the transaction that the handler opens, or else after it. */
  private async handleOutside(receiver: Receiver, message: ParkedMessage): Promise<void> {
    let removed = false;
    const closing = async (transaction: Transaction) => {
      await this.remove(message, transaction);
      transaction.afterCommit.push(() => (removed = true));
    };
    await this.handlers.handle(receiver, message.publisher, message, { closing });
    if (!removed) await this.database.query(this.parked.removal(message)); // a missing row means that another process has taken over
  }

  private remove(message: ParkedMessage, transaction: Transaction): Promise<void> {
    return transaction.write({
      statement: this.parked.removal(message),
      refused: () => new Error('the lease was lost: another process has gone on'),
    });
  }

  private async failed(message: ParkedMessage, error: unknown): Promise<void> {
    const { attempts, subscriber, id, name } = message;
    const dead = attempts >= this.options.maxAttempts;
    this.waiting = true;
    await this.parked.fail(message, error, dead);
    const what = `${name} ${id} failed at ${subscriber}, attempt ${attempts}: ${errorText(error)}`;
    if (dead) this.logger.error(`${what}; it is a dead letter now`, errorStack(error));
    else this.logger.warn(what);
  }
}
