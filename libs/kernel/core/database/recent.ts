import type { Database } from './database.js';

const KEPT = 500;
const FOR_MS = 5_000;

/**
 * What this process committed a moment ago of aggregates that are written by their version: what follows at once need not
 * read them (docs/adr/0013). Another process may have changed one since, so a decision on it stands only where it is written.
 */
export class Recent<State> {
  /** The oldest first. */
  private readonly kept = new Map<string, { readonly json: string; readonly until: number }>();

  constructor(private readonly database: Database) {}

  /** Takes it out, once: whoever fails with it reads it anew the next time. */
  take(id: string): State | undefined {
    const found = this.kept.get(id);
    this.kept.delete(id);
    return found && performance.now() < found.until ? (JSON.parse(found.json) as State) : undefined;
  }

  /** What the current transaction writes: kept from its commit on, and not without one. */
  keep(id: string, state: State): void {
    const json = JSON.stringify(state);
    this.kept.delete(id);
    this.database.currentTransaction()!.afterCommit.push(() => {
      this.kept.delete(id);
      this.kept.set(id, { json, until: performance.now() + FOR_MS });
      if (this.kept.size > KEPT) this.kept.delete(this.kept.keys().next().value!);
    });
  }
}
