import pg from 'pg';
import { DataSource, type EntityManager } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import type { Clock } from '#kernel/base';
import { kernelFailure } from '#kernel/messages';
import { anonymous, callContext, runIn } from '../runtime/call-context.js';
import { type DatabaseOptions, dataSourceOptions, outboxReaderOptions } from './data-source.js';
import { asFailure } from './database-failure.js';
import { runOn } from './prepared.js';
import type { Sql } from './sql.js';
import { ConcurrentChange } from './together.js';
import { type MessageSink, Transaction, type TransactionHome } from './transaction.js';

/** The database of one context: its schema under its role. The only door to SQL that a context has. */
export class Database implements TransactionHome {
  readonly dataSource: DataSource;
  private reader: pg.Pool | undefined;

  constructor(
    readonly options: DatabaseOptions,
    private readonly clock: Clock,
    readonly outbox: MessageSink,
  ) {
    this.dataSource = new DataSource(dataSourceOptions(options));
  }

  get context(): string {
    return this.options.context;
  }

  /** TypeORM's entity manager, inside the current transaction where there is one. */
  async manager(): Promise<EntityManager> {
    return (await this.own(callContext()?.transaction)?.manager(this.dataSource)) ?? this.dataSource.manager;
  }

  /** Runs a statement, inside the current transaction where there is one, and answers its rows. */
  async query<Row = Record<string, unknown>>(statement: Sql): Promise<Row[]> {
    const current = callContext();
    return rowsOf<Row>(this.own(current?.transaction) ?? this.pool(current?.reading), statement);
  }

  /**
   * The first row, or undefined. Reads outside the current transaction where that has not begun: for rows that are written by the
   * version that is read here. A transaction of such reads and writes alone is one statement.
   */
  async glance<Row = Record<string, unknown>>(statement: Sql): Promise<Row | undefined> {
    const [row] = await this.glances<Row>(statement);
    return row;
  }

  /** As `glance`, for all rows. */
  async glances<Row = Record<string, unknown>>(statement: Sql): Promise<Row[]> {
    const current = callContext();
    const transaction = this.own(current?.transaction);
    return rowsOf<Row>(transaction?.hasBegun ? transaction : this.pool(current?.reading), statement);
  }

  /**
   * Writes without an answer. The statement is kept for the end of the current transaction, where all its writes leave as one.
   * Later reads in the transaction see it.
   */
  async write(statement: Sql): Promise<void> {
    const transaction = this.own(callContext()?.transaction);
    if (transaction) await transaction.write({ statement });
    else await this.query(statement);
  }

  /** As `write`, for a statement that must touch a row, as by its version. @throws kernel.unavailable where it touched none: retry the whole */
  async change(statement: Sql): Promise<void> {
    const transaction = this.own(callContext()?.transaction);
    if (!transaction) throw new Error('change() belongs inside a transaction');
    await transaction.write({ statement, refused: () => new ConcurrentChange() });
  }

  /** The first row, or undefined. */
  async one<Row = Record<string, unknown>>(statement: Sql): Promise<Row | undefined> {
    const [row] = await this.query<Row>(statement);
    return row;
  }

  /**
   * Runs `work` in one transaction; inside a transaction of this database it joins that one. The commands that `work` sends and
   * the events of the aggregates that it saves are written with it. No transaction commits after the call's deadline. Outside any
   * call or message it begins a flow of its own.
   * @throws kernel.unavailable when the database is away; the transaction had no effect
   * @throws kernel.outcome_unknown when the connection broke during the commit
   */
  async transaction<Result>(work: () => Promise<Result>): Promise<Result> {
    const current = callContext() ?? { correlationId: this.options.ids.trace(), principal: anonymous };
    if (this.own(current.transaction)) return work();
    const { unitOfWork, ...rest } = current;
    const transaction = new Transaction(this, this.pool(false));
    try {
      const result = await runIn({ ...rest, transaction }, async () => {
        const answer = await work();
        for (const task of transaction.beforeCommit) await task();
        await unitOfWork?.closing(transaction, answer);
        return answer;
      });
      if (current.deadline !== undefined && this.clock.now() > current.deadline)
        throw kernelFailure('kernel.deadline_exceeded');
      await transaction.commit();
      for (const task of transaction.afterCommit) task();
      return result;
    } catch (error) {
      await transaction.rollback();
      throw asFailure(error);
    }
  }

  /** The transaction of this database that the current code runs in. */
  currentTransaction(): Transaction | undefined {
    return this.own(callContext()?.transaction);
  }

  /** Runs `task` once the current transaction has committed; at once where there is none. */
  afterCommit(task: () => void): void {
    const transaction = this.currentTransaction();
    if (transaction) transaction.afterCommit.push(task);
    else task();
  }

  /**
   * A statement of the relay, on a connection of its own whose plans are made once: with stale statistics and unknown values
   * PostgreSQL would choose to read the whole outbox, or to plan anew at every poll.
   */
  async readOutbox<Row>(statement: Sql): Promise<Row[]> {
    this.reader ??= new pg.Pool(outboxReaderOptions(this.options)).on('error', () => undefined); // the next poll reports it
    return rowsOf<Row>(this.reader, statement);
  }

  async close(): Promise<void> {
    await this.reader?.end();
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }

  private own(transaction: Transaction | undefined): Transaction | undefined {
    if (transaction && transaction.database !== this) {
      throw new Error(`"${this.context}" was asked for data inside a transaction of "${transaction.database.context}"`);
    }
    return transaction;
  }

  private pool(reading: boolean | undefined): pg.Pool {
    const { master, slaves } = this.dataSource.driver as unknown as PostgresDriver;
    return (reading && slaves[0]) || master;
  }
}

async function rowsOf<Row>(on: Transaction | pg.Pool, statement: Sql): Promise<Row[]> {
  try {
    return (on instanceof Transaction ? await on.query(statement) : await runOn(on, statement)).rows as Row[];
  } catch (error) {
    throw asFailure(error);
  }
}
