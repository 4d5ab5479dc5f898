/** Work that is under way, and must end before its owner has stopped. */
export class Tasks {
  private readonly running = new Set<Promise<void>>();

  get size(): number {
    return this.running.size;
  }

  /** Adds work, until it ends. @returns the work, with its removal */
  add(work: Promise<void>): Promise<void> {
    const tracked = work.finally(() => this.running.delete(tracked));
    this.running.add(tracked);
    return tracked;
  }

  /** Resolves when all that was added has ended. @throws the first error of the work */
  async ended(): Promise<void> {
    await Promise.all(this.running);
  }
}
