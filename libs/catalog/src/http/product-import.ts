import { Injectable } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import * as z from 'zod';
import { callContext, runIn } from '#kernel/core';
import type { Upload } from '#kernel/http';
import { Failure, text } from '#kernel/messages';
import { GetCurrency, ImportProducts } from '../contracts/index.js';
import { productBatches } from './product-batches.js';
import type { ImportEntry } from './import-entry.js';
import { readProductNdjson } from './product-ndjson.js';
import { readShopifyCsv } from './shopify-csv.js';
import { UnreadableFile } from './unreadable-file.js';

const MOST_TOLD = 1_000;

export const ImportReport = z
  .object({
    created: z.int(),
    updated: z.int(),
    unchanged: z.int(),
    rejected: z
      .array(
        z.object({
          line: z.int(),
          code: text(),
          message: text(),
          pointer: text().optional().meta({ description: 'Of a line of JSON: a JSON pointer to what is wrong.' }),
        }),
      )
      .max(MOST_TOLD)
      .meta({ description: 'The first 1,000, by line as they were met.' }),
    rejectedCount: z.int().meta({ description: 'All of them.' }),
  })
  .meta({
    id: 'ImportReport',
    examples: [
      {
        created: 118,
        updated: 3,
        unchanged: 0,
        rejected: [
          {
            line: 17,
            code: 'catalog.import.price_invalid',
            message: '"1,299.00" is not a price: write it like 1299.00, without thousands separators',
          },
        ],
        rejectedCount: 1,
      },
    ],
  });
export type ImportReport = z.infer<typeof ImportReport>;

type Reject = (why: { line: number; code: string; message: string; pointer?: string | undefined }) => void;
type Imported = Extract<ImportEntry, { kind: 'product' }>;

/** Reads a file and hands its products to the catalog, a batch at a time: as large as the file may be, memory is not. */
@Injectable()
export class ProductImport {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  /**
   * The file is read only as fast as its products are written: while one batch is, the next is read. Where the file ends
   * early, its client gone, the import does too, and what was imported stays: the same file again brings the rest.
   * @throws Failure with the code of an UnreadableFile; nothing was imported then
   */
  async run({ type, bytes }: Upload): Promise<ImportReport> {
    const report: ImportReport = { created: 0, updated: 0, unchanged: 0, rejected: [], rejectedCount: 0 };
    const reject: Reject = ({ line, code, message, pointer }) => {
      if (report.rejectedCount++ >= MOST_TOLD) return;
      const told = type === 'text/csv' ? undefined : pointer; // rows of a CSV have none
      report.rejected.push({ line, code, message, ...(told === undefined ? {} : { pointer: told }) });
    };
    const entries = type === 'text/csv' ? readShopifyCsv(bytes, await this.currency()) : readProductNdjson(bytes);
    let writing: Promise<unknown> = Promise.resolve();
    try {
      for await (const batch of productBatches(entries, reject)) {
        await writing;
        writing = this.bring(batch, report, reject);
        writing.catch(() => undefined); // told where it is awaited, and that is not before the next batch was read
      }
    } catch (error) {
      throw error instanceof UnreadableFile
        ? new Failure({ code: error.code, message: error.message, status: 422, retryable: false }, { cause: error })
        : error;
    } finally {
      await writing;
    }
    return report;
  }

  private async bring(batch: readonly Imported[], report: ImportReport, reject: Reject): Promise<void> {
    const { rejected, ...counted } = await this.send(batch);
    report.created += counted.created;
    report.updated += counted.updated;
    report.unchanged += counted.unchanged;
    const lines = new Map(batch.map(({ line, product }) => [product.handle, line]));
    for (const { handle, ...why } of rejected) reject({ line: lines.get(handle) ?? 0, ...why });
  }

  /** The prices of a CSV name none: they are in the shop's, which only the catalog knows. */
  private currency(): Promise<{ currency: string }> {
    return this.queries.execute(new GetCurrency({}));
  }

  /** Without the request's call id, which stands for one command: an import can be repeated as it is. */
  private send(batch: readonly Imported[]) {
    const { callId: _, ...rest } = callContext()!;
    return runIn(rest, () =>
      this.commands.execute(new ImportProducts({ products: batch.map(({ product }) => product) })),
    );
  }
}
