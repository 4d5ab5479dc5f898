import type { Database } from './database.js';

/** What the handlers of one transaction gather, to be done at once at its end: the messages of a batch in a few statements. */
export class Gathering<All> {
  private readonly gathered = new WeakMap<object, All>();

  constructor(
    private readonly database: Database,
    private readonly begin: () => All,
    private readonly end: (all: All) => Promise<void>,
  ) {}

  /** What the current transaction has gathered so far. */
  get all(): All {
    const transaction = this.database.currentTransaction();
    if (!transaction) throw new Error('only in a transaction is something gathered');
    let all = this.gathered.get(transaction);
    if (all === undefined) {
      const begun = (all = this.begin());
      this.gathered.set(transaction, begun);
      transaction.beforeCommit.push(() => this.end(begun));
    }
    return all;
  }
}
