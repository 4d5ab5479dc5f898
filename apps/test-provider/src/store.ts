import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';

const schema = `
  create table if not exists payments (
    id text primary key,
    reference text not null unique,
    status text not null,
    token text not null,
    currency text not null,
    amount integer not null check (amount > 0),
    captured integer not null check (captured between 0 and amount),
    refunded integer not null check (refunded between 0 and captured),
    declineReason text,
    expiresAt integer not null,
    createdAt integer not null,
    webhookUrl text not null,
    returnUrl text,
    outcomeAt integer,
    silentUntil integer
  ) strict, without rowid;
  create index if not exists payments_by_outcome on payments (outcomeAt) where outcomeAt is not null;

  create table if not exists refunds (
    reference text primary key,
    id text not null unique,
    paymentId text not null references payments,
    amount integer not null check (amount > 0),
    createdAt integer not null
  ) strict, without rowid;

  -- References that were voided before their payment came.
  create table if not exists tombstones (reference text primary key) strict, without rowid;

  -- What was answered under an idempotency key.
  create table if not exists answers (
    key text primary key,
    fingerprint text not null,
    status integer not null,
    json text not null
  ) strict;

  -- Webhooks not yet taken. Only the first of each payment has a due time: the others wait for it.
  create table if not exists webhooks (
    seq integer primary key autoincrement,
    id text not null,
    paymentId text not null,
    url text not null,
    body text not null,
    copies integer not null,
    attempts integer not null default 0,
    since integer not null,
    due integer
  ) strict;
  create index if not exists webhooks_by_due on webhooks (due) where due is not null;
  create index if not exists webhooks_by_payment on webhooks (paymentId, seq);
`;

/** A provider that is told to stop still holds its books for a moment. */
const predecessorEndsWithin = 4_000;

interface Write {
  change: () => unknown;
  resolve: (value: never) => void;
  reject: (error: unknown) => void;
}

/**
 * The SQLite file behind the books. The writes of one turn of the event loop share one commit, and each promise resolves
 * only when its write is committed: the process may be killed from then on, nothing is lost.
 */
export class Store {
  /** Called after every commit. */
  afterCommit: () => void = () => undefined;
  private readonly db: DatabaseSync;
  private readonly sql;
  private waiting: Write[] = [];

  /** Throws when another process has these books open: they have one owner, until it ends in whatever way. */
  constructor(dataDir: string) {
    this.db = new DatabaseSync(join(dataDir, 'books.db'), { timeout: predecessorEndsWithin });
    try {
      this.db.exec('pragma locking_mode = exclusive');
      this.db.exec('pragma journal_mode = wal');
      this.db.exec('pragma synchronous = normal'); // survives the process in whatever way it ends, not a power failure
      this.db.exec(`begin immediate; ${schema} commit`);
    } catch (error) {
      this.db.close();
      throw new Error(`Cannot open the books in ${dataDir}; does another provider run on them?`, { cause: error });
    }
    this.sql = {
      begin: this.prepare('begin immediate'),
      commit: this.prepare('commit'),
      save: this.prepare('savepoint one'),
      undo: this.prepare('rollback to one'),
      release: this.prepare('release one'),
    };
  }

  prepare(sql: string): StatementSync {
    return this.db.prepare(sql);
  }

  /**
   * Runs `change` alone inside a transaction and resolves to its result once that is committed. When it throws, what it
   * wrote is undone and the promise rejects with its error; other writes are not touched.
   */
  write<T>(change: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.waiting.push({ change, resolve, reject });
      if (this.waiting.length === 1) setImmediate(() => this.commit());
    });
  }

  close(): void {
    this.commit();
    this.db.close();
  }

  private commit(): void {
    const writes = this.waiting;
    if (writes.length === 0) return;
    this.waiting = [];
    try {
      this.sql.begin.run();
      const tell = writes.map((write) => this.run(write));
      this.sql.commit.run();
      for (const told of tell) told();
    } catch (error) {
      if (this.db.isTransaction) this.db.exec('rollback');
      for (const { reject } of writes) reject(error);
    }
    this.afterCommit();
  }

  private run({ change, resolve, reject }: Write): () => void {
    this.sql.save.run();
    try {
      const value = change();
      this.sql.release.run();
      return () => resolve(value as never);
    } catch (error) {
      this.sql.undo.run();
      this.sql.release.run();
      return () => reject(error);
    }
  }
}
