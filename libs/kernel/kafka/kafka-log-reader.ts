import { Assigned } from '#kernel/brokers';
import type { LogReader } from '#kernel/core';
import { PartitionReader, type PartitionReaderOptions } from './partition-reader.js';

interface Log {
  readonly publisher: string;
  readonly topic: string;
}

/** The reading end of one context. */
export class KafkaLogReader implements LogReader {
  private readonly parts: Assigned<Log, PartitionReader>;

  constructor(
    logs: readonly Log[],
    private readonly options: Omit<PartitionReaderOptions, 'topic' | 'publisher'>,
  ) {
    this.parts = new Assigned(
      logs,
      (log, partition, before) => new PartitionReader(partition, { ...options, ...log }, before),
    );
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
    this.options.offsets.abandon();
    this.options.fetcher.close();
  }

  wakeAll(): void {
    for (const part of this.parts) part.wake();
  }
}
