import type { Pool, PoolClient, QueryResult } from 'pg';
import type { DataSource, EntityManager } from 'typeorm';
import { kernelFailure } from '#kernel/messages';
import { isPassing } from './database-failure.js';
import { run } from './prepared.js';
import type { Sql } from './sql.js';
import { refusalOf, targetOf, together, type Written } from './together.js';

/** The database that a transaction belongs to, as far as a transaction knows it. */
export interface TransactionHome {
  readonly context: string;
  readonly outbox: MessageSink;
}

/** Collects the messages that a transaction publishes and sends: the outbox of its context. */
export interface MessageSink {
  /** Adds a message to what a transaction writes. `destination` is the owner of a sent command, null for an event. @returns its id */
  add(transaction: Transaction, message: object, destination: string | null, due?: string): string;
}

/** Writes that a transaction sends last, after the rows that they are about: the messages of the outbox. */
export interface Closing {
  /** In order; the last of them may be `last`. */
  statements(): Written[];
  /** Takes the answer of the one that is `last`. */
  answered(row: Record<string, unknown>): void;
}

/**
 * One transaction. It collects its writes and sends them as one statement at its end, `closing` last. It begins with the
 * first read; a transaction that only writes needs no BEGIN and COMMIT, because a statement is a transaction by itself.
 */
export class Transaction {
  closing: Closing | undefined;
  /** Runs at the end of the work, still inside the transaction. */
  readonly beforeCommit: (() => Promise<void>)[] = [];
  readonly afterCommit: (() => void)[] = [];
  /** A condition that must hold before anything is read; checked as the transaction begins. */
  precondition: Written | undefined;
  /** A rival transaction was quicker at the last attempt: lock the rows this time. */
  again = false;
  private written: Written[] = [];
  private beginning: Promise<PoolClient> | undefined;
  private client: PoolClient | undefined;
  private entityManager: EntityManager | undefined;
  private broken = false;

  constructor(
    readonly database: TransactionHome,
    private readonly pool: Pool,
  ) {}

  /** It has read something, or has writes that a read must see. */
  get hasBegun(): boolean {
    return this.beginning !== undefined || this.written.length > 0;
  }

  /** Sees the writes before it. */
  async query(statement: Sql): Promise<QueryResult> {
    const client = await this.begun();
    if (this.written.length > 0) await this.run(client, this.written.splice(0));
    return run(client, statement);
  }

  /** Keeps a statement for the end. Two statements on one table would not see each other there, so the first is sent now. */
  async write(written: Written): Promise<void> {
    const target = targetOf(written.statement);
    if (this.written.some(({ statement }) => targetOf(statement) === target))
      await this.run(await this.begun(), this.written.splice(0));
    this.written.push(written);
  }

  /** TypeORM's entity manager, inside this transaction. */
  async manager(source: DataSource): Promise<EntityManager> {
    const client = await this.begun();
    if (this.written.length > 0) await this.run(client, this.written.splice(0));
    // The runner joins a transaction that it did not begin; it neither ends nor releases it.
    this.entityManager ??= Object.assign(source.createQueryRunner(), {
      databaseConnection: client,
      isTransactionActive: true,
    }).manager;
    return this.entityManager;
  }

  /** @throws kernel.outcome_unknown when the connection broke during the commit */
  async commit(): Promise<void> {
    const last = [...this.written.splice(0), ...(this.closing?.statements() ?? [])];
    if (this.beginning) {
      const client = await this.beginning;
      if (last.length > 0) await this.runLast(client, last);
      const { command } = await this.decisive(() => client.query('commit'));
      if (command !== 'COMMIT')
        throw new Error('a statement of this transaction had failed, and its error was ignored: nothing was written');
    } else if (last.length > 0) {
      this.client = await connected(this.pool);
      await this.decisive(() => this.runLast(this.client!, last));
    }
    this.release();
  }

  /** Does nothing after the end of the transaction. */
  async rollback(): Promise<void> {
    await this.beginning?.catch(() => undefined); // the caller has this error
    if (this.beginning) await this.client?.query('rollback').catch(() => (this.broken = true));
    this.release();
  }

  private begun(): Promise<PoolClient> {
    return (this.beginning ??= this.begin());
  }

  private async begin(): Promise<PoolClient> {
    this.client = await connected(this.pool);
    await this.client.query('begin');
    if (this.precondition) await this.run(this.client, [this.precondition]);
    return this.client;
  }

  private async runLast(client: PoolClient, last: readonly Written[]): Promise<void> {
    const { rows } = await this.run(client, last);
    if (last.at(-1)!.last) this.closing!.answered(rows[0] as Record<string, unknown>);
  }

  private async run(client: PoolClient, all: readonly Written[]): Promise<QueryResult> {
    try {
      return await run(client, together(all));
    } catch (error) {
      throw refusalOf(error, all) ?? error;
    }
  }

  /** A refused commit is a known failure; a connection lost during it leaves the outcome unknown. */
  private async decisive<Result>(send: () => Promise<Result>): Promise<Result> {
    try {
      return await send();
    } catch (error) {
      const { code = '' } = error as { code?: string };
      throw isPassing(error) && !/^(40|25|55|57014)/.test(code)
        ? kernelFailure('kernel.outcome_unknown', { cause: error })
        : error;
    }
  }

  private release(): void {
    this.client?.release(this.broken);
    this.client = undefined;
  }
}

const deaf = new WeakSet<PoolClient>();

async function connected(pool: Pool): Promise<PoolClient> {
  const client = await pool.connect();
  if (!deaf.has(client)) {
    client.on('error', () => undefined); // the failed query reports it; without a listener the process ends
    deaf.add(client);
  }
  return client;
}
