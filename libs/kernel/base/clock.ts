import { createHash, randomBytes, randomFillSync } from 'node:crypto';
import { V7Generator } from 'uuidv7';

/** Where code gets the time. Injected, so that one day the whole system runs under a seed. */
export abstract class Clock {
  /** Milliseconds since the epoch. */
  abstract now(): number;

  /** Now, as contracts write it: ISO 8601 in UTC. */
  instant(offsetMs = 0): string {
    return isoInstant(this.now() + offsetMs);
  }
}

/** Milliseconds since the epoch as ISO 8601 in UTC. */
export function isoInstant(milliseconds: number): string {
  // oxlint-disable-next-line cleave/deterministic -- formatting a given instant reads no clock
  return new Date(milliseconds).toISOString();
}

export class SystemClock extends Clock {
  now(): number {
    // oxlint-disable-next-line cleave/deterministic -- the one place that reads the clock
    return Date.now();
  }
}

/** Where code gets identifiers: UUID version 7, increasing within a process. */
export class Ids {
  private readonly generator = new V7Generator(randomWords());
  private readonly process = randomBytes(6).toString('hex');
  private traces = 0;

  constructor(private readonly clock: Clock) {}

  next(): string {
    return this.generator.generateOrResetCore(this.clock.now(), 10_000).toString();
  }

  /** A trace id (W3C Trace Context): milliseconds, a counter, and what no other process has. A tenth of a UUID's cost. */
  trace(): string {
    this.traces = (this.traces + 1) % 0x1_0000_0000;
    return this.clock.now().toString(16).padStart(12, '0') + this.traces.toString(16).padStart(8, '0') + this.process;
  }
}

/** A thousand at a time: eight, as the generator asks for by itself, cost as much. */
function randomWords(): { nextUint32(): number } {
  const words = new Uint32Array(1_024);
  let used = words.length;
  return {
    nextUint32: () => {
      if (used === words.length) {
        randomFillSync(words);
        used = 0;
      }
      return words[used++]!;
    },
  };
}

/** Where code gets chance: uniform in [0, 1). */
export abstract class Randomness {
  abstract next(): number;

  /** A delay between half and all of `milliseconds`: retries that failed together do not return together. */
  jitter(milliseconds: number): number {
    return milliseconds * (0.5 + this.next() / 2);
  }
}

export class SystemRandomness extends Randomness {
  next(): number {
    // oxlint-disable-next-line cleave/deterministic -- the one place that reads chance
    return Math.random();
  }
}

/** The same numbers for the same seed (mulberry32, public domain, Tommy Ettinger). */
export class SeededRandomness extends Randomness {
  private state: number;

  constructor(seed: string) {
    super();
    this.state = createHash('sha256').update(seed).digest().readUInt32LE(0);
  }

  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }
}

/** An unguessable token, URL-safe, of 256 bits. */
export const secretToken = (): string => randomBytes(32).toString('base64url');
