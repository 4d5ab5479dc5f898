import type { Database } from './database/database.js';
import { publish } from './outbox/outbox.js';

/** State and decisions, no I/O. What happened is recorded, and leaves with `Repository.save`. */
export abstract class Aggregate {
  private recorded: object[] = [];

  /** What has happened since the last save. */
  get happened(): readonly object[] {
    return this.recorded;
  }

  protected record(...events: object[]): this {
    this.recorded.push(...events);
    return this;
  }

  /** Hands over what happened; for the repository. */
  release(): readonly object[] {
    const events = this.recorded;
    this.recorded = [];
    return events;
  }
}

/** Keeps aggregates of one kind. `save` is the only door through which events leave. */
export abstract class Repository<Kept extends Aggregate> {
  constructor(protected readonly database: Database) {}

  /** Writes the aggregate's rows: the row that others lock first of all. */
  protected abstract store(aggregate: Kept): Promise<void>;

  /** Writes the aggregate and, in the same transaction, what happened to it. */
  async save(aggregate: Kept): Promise<void> {
    if (!this.database.currentTransaction()) throw new Error('save() belongs inside a transaction: a change and its events are one');
    await this.store(aggregate);
    publish(aggregate.release());
  }
}
