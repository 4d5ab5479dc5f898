import { setTimeout as pause } from 'node:timers/promises';
import type { SeededRandomness } from '#kernel/base';
import type { ImportReport } from '../shop.js';
import type { Client } from './client.js';
import type { Receipts } from './receipts.js';

const PRODUCTS = 120;
const CHUNKS = 8;

interface Row {
  readonly handle: string;
  readonly sku: string;
  readonly pieces: number;
}

const written: Readonly<Record<string, (rows: readonly Row[]) => string>> = {
  'text/csv': (rows) =>
    [
      'Handle,Title,Published,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Qty,Variant Price\n',
      ...rows.map(({ handle, sku, pieces }) => `${handle},${handle},true,Title,Default Title,${sku},${pieces},9.50\n`),
    ].join(''),
  'application/x-ndjson': (rows) =>
    rows
      .map(({ handle, sku, pieces }) => {
        const variants = [{ sku, price: { amount: 950, currency: 'EUR' }, inventoryQuantity: pieces }];
        return `${JSON.stringify({ handle, title: handle, variants })}\n`;
      })
      .join(''),
};

/** Brings file after file, each slowly enough for servers to die meanwhile; then the whole of it again. */
export class Importer {
  private files = 0;

  constructor(
    private readonly admin: Client,
    private readonly chance: SeededRandomness,
    private readonly receipts: Receipts,
  ) {}

  async bring(): Promise<void> {
    const name = `file-${this.files++}`;
    const rows = Array.from({ length: PRODUCTS }, (_, index) => {
      const handle = `${name}-${index}`;
      return { handle, sku: handle.toUpperCase(), pieces: 1 + (index % 97) };
    });
    const types = Object.keys(written);
    const type = types[Math.floor(this.chance.next() * types.length)]!;
    const report = await this.admin.ask<ImportReport>('POST', '/products/import', {
      headers: { 'content-type': type },
      body: () => slowly(Buffer.from(written[type]!(rows))),
    });
    const { created, updated, unchanged, rejectedCount } = report.body;
    if (created + unchanged !== PRODUCTS || updated > 0 || rejectedCount > 0)
      throw new Error(`${name}: ${JSON.stringify(report.body)}`);
    for (const { sku, pieces } of rows) this.receipts.stock.set(sku, pieces);
    await pause(4_000);
  }
}

async function* slowly(file: Buffer): AsyncGenerator<Buffer> {
  const size = Math.ceil(file.length / CHUNKS);
  for (let at = 0; at < file.length; at += size) {
    yield file.subarray(at, at + size);
    await pause(60);
  }
}
