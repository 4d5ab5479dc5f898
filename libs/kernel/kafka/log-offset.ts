/** An offset in a log of events. */
export interface LogOffset {
  /** The log that it is an offset in. */
  readonly log: string;
  /** Of the next record to read. */
  readonly offset: number;
  /** Of the leader that wrote the record before it. */
  readonly epoch: number;
}
