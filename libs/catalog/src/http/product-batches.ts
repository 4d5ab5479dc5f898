import type { ImportEntry } from './import-entry.js';

type Imported = Extract<ImportEntry, { kind: 'product' }>;
type Rejected = Extract<ImportEntry, { kind: 'rejected' }>;

const mostProducts = 100;
const mostSize = 1_000_000;

/**
 * Products in batches of at most 100, fewer where they are large: a batch is one transaction, which has its time-out,
 * and is held in memory.
 */
export async function* productBatches(
  entries: AsyncIterable<ImportEntry>,
  reject: (rejected: Rejected) => void,
): AsyncGenerator<Imported[], void, undefined> {
  let batch: Imported[] = [];
  let size = 0;
  for await (const entry of entries) {
    if (entry.kind === 'rejected') {
      reject(entry);
      continue;
    }
    const further = sizeOf(entry.product);
    if (batch.length === mostProducts || (batch.length > 0 && size + further > mostSize)) {
      yield batch;
      batch = [];
      size = 0;
    }
    batch.push(entry);
    size += further;
  }
  if (batch.length > 0) yield batch;
}

/** Roughly its characters as JSON. */
const sizeOf = ({ description, variants, images }: Imported['product']): number =>
  description.length + 500 * variants.length + 200 * images.length;
