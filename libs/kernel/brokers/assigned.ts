/** What reads one partition of one log. */
export interface PartitionReading {
  /** Begins nothing more. */
  stop(): void;
  /** Once what was begun is over. */
  readonly finished: Promise<void>;
}

/** What one context reads: a part for each partition of each log, as its leases come and go. */
export class Assigned<Log, Part extends PartitionReading> {
  private readonly parts = new Map<Log, Map<number, Part>>();
  private readonly leaving = new Map<string, Promise<void>>();
  private stopped = false;

  constructor(
    private readonly logs: readonly Log[],
    /** `before`: who read it before here, while that one finishes. */
    private readonly begin: (log: Log, partition: number, before: Promise<void> | undefined) => Part,
  ) {
    for (const log of logs) this.parts.set(log, new Map());
  }

  /** Those of a log, or of all. */
  *[Symbol.iterator](): Iterator<Part> {
    for (const parts of this.parts.values()) yield* parts.values();
  }

  get(log: Log, partition: number): Part | undefined {
    return this.parts.get(log)?.get(partition);
  }

  assign(partitions: readonly number[]): void {
    if (this.stopped) return;
    for (const [index, log] of this.logs.entries()) {
      const parts = this.parts.get(log)!;
      for (const partition of parts.keys()) if (!partitions.includes(partition)) this.leave(index, partition);
      for (const partition of partitions) {
        if (parts.has(partition)) continue;
        parts.set(partition, this.begin(log, partition, this.leaving.get(`${index} ${partition}`)));
      }
    }
  }

  async stop(): Promise<void> {
    this.abandon();
    await Promise.all(this.leaving.values());
  }

  /** Begins nothing more, and waits for nothing. */
  abandon(): void {
    this.stopped = true;
    for (const [index, log] of this.logs.entries())
      for (const partition of this.parts.get(log)!.keys()) this.leave(index, partition);
  }

  private leave(index: number, partition: number): void {
    const parts = this.parts.get(this.logs[index]!)!;
    const part = parts.get(partition)!;
    part.stop();
    parts.delete(partition);
    const key = `${index} ${partition}`;
    const { finished } = part;
    this.leaving.set(key, finished);
    void finished.then(() => {
      if (this.leaving.get(key) === finished) this.leaving.delete(key);
    });
  }
}
