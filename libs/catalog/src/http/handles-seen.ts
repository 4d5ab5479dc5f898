import { hash } from 'node:crypto';
import { RowFault } from './row-fault.js';

/**
 * Where each product of a file began, by its handle: 12 bytes for a product and twice that to grow, since the handles of a
 * large file would fill the memory. Handles are told apart by 64 bits of their SHA-256.
 */
export class HandlesSeen {
  private count = 0;
  private lines = new Uint32Array(1024);
  private hashes = new BigUint64Array(1024);

  /** `most`: products of one file. */
  constructor(private readonly most = 1_000_000) {}

  /** The line on which the handle stood before. Undefined when it is new: it is noted then. @throws RowFault too_many_products */
  lineOf(handle: string, line: number): number | undefined {
    const key = hash('sha256', handle, 'buffer').readBigUInt64LE();
    const slot = this.slotOf(key);
    if (this.lines[slot] !== 0) return this.lines[slot];
    if (this.count === this.most)
      throw new RowFault('too_many_products', `A file has at most ${this.most} products: split it here`);
    this.count += 1;
    this.lines[slot] = line;
    this.hashes[slot] = key;
    if (this.count * 2 > this.lines.length) this.grow();
    return undefined;
  }

  /** Where the key stands, or the free slot where it belongs: lines count from 1, so that 0 is free. */
  private slotOf(key: bigint): number {
    const last = this.lines.length - 1;
    let slot = Number(key & BigInt(last));
    while (this.lines[slot] !== 0 && this.hashes[slot] !== key) slot = (slot + 1) & last;
    return slot;
  }

  private grow(): void {
    const { lines, hashes } = this;
    this.lines = new Uint32Array(lines.length * 2);
    this.hashes = new BigUint64Array(lines.length * 2);
    lines.forEach((line, at) => {
      if (line === 0) return;
      const key = hashes[at]!;
      const slot = this.slotOf(key);
      this.lines[slot] = line;
      this.hashes[slot] = key;
    });
  }
}
