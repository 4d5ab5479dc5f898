import type { Clock } from '#kernel/base';

/** Longer than it takes until the partitions of a replica that died are another's. */
const AVOIDED_MS = 8_000;
const FORGOTTEN_MS = 60_000;

/**
 * Which partition of a context's requests to use next: each in turn, but for a while none of which an attempt got no
 * reply, nor the others of the replica that reads it, where nothing was heard from that one meanwhile.
 */
export class Reach {
  private readonly avoidedUntil: number[];
  /** Who reads each, as far as it was heard. */
  private readonly readers: (string | undefined)[];
  private readonly heardAt = new Map<string, number>();

  constructor(
    private readonly clock: Clock,
    readonly partitions: number,
    private last: number,
  ) {
    this.avoidedUntil = Array.from({ length: partitions }, () => 0);
    this.readers = Array.from({ length: partitions });
  }

  pick(): number {
    const now = this.clock.now();
    for (let tried = 0; tried < this.partitions; tried++) {
      this.last = (this.last + 1) % this.partitions;
      if (this.avoidedUntil[this.last]! <= now) return this.last;
    }
    return (this.last = (this.last + 1) % this.partitions); // one is as good as another
  }

  /** A replica has replied, and says which partitions it reads. */
  heard(replica: string, reads: readonly number[]): void {
    const now = this.clock.now();
    if (!this.heardAt.has(replica)) this.forget(now);
    this.heardAt.set(replica, now);
    for (const partition of reads) {
      if (partition >= this.partitions) continue;
      this.readers[partition] = replica;
      this.avoidedUntil[partition] = 0;
    }
  }

  /** An attempt that was put there then got no reply in its time. */
  silent(partition: number, since: number): void {
    const until = this.clock.now() + AVOIDED_MS;
    const reader = this.readers[partition];
    const lives = reader !== undefined && (this.heardAt.get(reader) ?? 0) >= since;
    this.avoidedUntil[partition] = until;
    if (lives) return;
    for (const [other, itsReader] of this.readers.entries()) if (itsReader === reader) this.avoidedUntil[other] = until;
  }

  private forget(now: number): void {
    for (const [replica, at] of this.heardAt) if (at < now - FORGOTTEN_MS) this.heardAt.delete(replica);
  }
}
