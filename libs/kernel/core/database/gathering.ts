import type { Database } from './database.js';

/** Collects the work of several handlers of one transaction and does it at the end: a batch of messages in a few statements. */
export class Gathering<All> {
  private readonly gathered = new WeakMap<object, All>();

  constructor(
    private readonly database: Database,
    private readonly begin: () => All,
    private readonly end: (all: All) => Promise<void>,
  ) {}

  /** The work that the current transaction has collected so far. */
  get all(): All {
    const transaction = this.database.currentTransaction();
    if (!transaction) throw new Error('a Gathering collects inside a transaction alone');
    let all = this.gathered.get(transaction);
    if (all === undefined) {
      const begun = (all = this.begin());
      this.gathered.set(transaction, begun);
      transaction.beforeCommit.push(() => this.end(begun));
    }
    return all;
  }
}
