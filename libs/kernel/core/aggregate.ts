import { Injectable } from '@nestjs/common';
import { Database } from './database/database.js';
import { publish, send } from './outbox/outbox.js';

/** A message that leaves when the aggregate is saved: an event of its own, or a command to another context. */
interface Said {
  readonly message: object;
  readonly command: boolean;
  readonly at?: string;
}

/** State and decisions, no I/O. It records events and sends commands; both leave with `Repository.save`. */
export abstract class Aggregate {
  private said: Said[] = [];

  /** Records an event. */
  protected record(event: object): this {
    this.said.push({ message: event, command: false });
    return this;
  }

  /** Sends a command to its owner, to be carried out now or at an instant. */
  protected send(command: object, options: { at?: string } = {}): this {
    this.said.push({ message: command, command: true, ...options });
    return this;
  }

  /** Hands over the recorded events and sent commands; for the repository and the tests. */
  release(): readonly Said[] {
    const said = this.said;
    this.said = [];
    return said;
  }
}

/**
 * Stores aggregates of one kind. Events leave through `save` alone. A subclass without a constructor is a provider as it is:
 * it inherits the injection of its context's database.
 */
@Injectable()
export abstract class Repository<Kept extends Aggregate> {
  constructor(protected readonly database: Database) {}

  /** Writes the aggregate's rows: the row that others lock first of all. `sent` are the ids of the commands that it sends. */
  protected abstract store(aggregate: Kept, sent: readonly string[]): Promise<void>;

  /** Writes the aggregate and, in the same transaction, its events and commands. */
  async save(aggregate: Kept): Promise<void> {
    if (!this.database.currentTransaction())
      throw new Error('save() belongs inside a transaction: a change and its events are one');
    const sent: string[] = [];
    for (const { message, command, at } of aggregate.release()) {
      if (command) sent.push(send(message, at === undefined ? {} : { at }));
      else publish(message);
    }
    await this.store(aggregate, sent);
  }
}
