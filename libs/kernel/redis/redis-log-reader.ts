import { Assigned } from '#kernel/brokers';
import type { LogReader } from '#kernel/core';
import type { LogKeys } from './log-scripts.js';
import { PartitionReader, type PartitionReaderOptions } from './partition-reader.js';

interface Log {
  readonly publisher: string;
  readonly keys: LogKeys;
}

/** The reading end of one context. */
export class RedisLogReader implements LogReader {
  private readonly parts: Assigned<Log, PartitionReader>;

  constructor(
    private readonly logs: readonly Log[],
    options: Omit<PartitionReaderOptions, 'keys' | 'publisher'>,
  ) {
    this.parts = new Assigned(
      logs,
      (log, partition, before) => new PartitionReader(partition, { ...options, ...log }, before),
    );
  }

  get channels(): string[] {
    return this.logs.map(({ keys }) => keys.news);
  }

  assign(partitions: readonly number[]): void {
    this.parts.assign(partitions);
  }

  stop(): Promise<void> {
    return this.parts.stop();
  }

  /** Begins nothing more, and waits for nothing. */
  abandon(): void {
    this.parts.abandon();
  }

  wake(channel: string, partition: number): void {
    const log = this.logs.find(({ keys }) => keys.news === channel);
    if (log) this.parts.get(log, partition)?.wake();
  }

  wakeAll(): void {
    for (const part of this.parts) part.wake();
  }
}
