import type { PoolClient } from 'pg';
import type { EntityManager } from 'typeorm';
import type { Database } from './database.js';

/** A message on its way into the outbox, or, with `due`, into the timers. */
export interface Outgoing {
  readonly id: string;
  readonly name: string;
  readonly key: string;
  /** The owner of a sent command; null for an event, which goes to whoever subscribes. */
  readonly destination: string | null;
  readonly payload: object;
  readonly metadata: MessageMetadata;
  readonly due: string | null;
}

/** What a row of the outbox says beside its payload. */
export interface MessageMetadata {
  readonly correlationId: string;
  readonly causationId: string | null;
}

/** One open transaction. Messages gather here and are written just before the commit, after the rows they tell of. */
export class Transaction {
  readonly outgoing: Outgoing[] = [];
  readonly afterCommit: (() => void)[] = [];

  constructor(
    readonly database: Database,
    readonly client: PoolClient,
    readonly manager: EntityManager,
  ) {}
}
