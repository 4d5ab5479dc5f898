import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import * as z from 'zod';
import { ambient, type ErrorDeclarations, Failure, runIn, text } from '#kernel';
import { HttpSettings } from '#kernel/http';
import { ImportProducts } from '../contracts/index.js';
import { readShopifyCsv, type ShopifyCsvEntry } from './shopify-csv.js';
import { UnreadableCsv } from './unreadable-csv.js';

const BATCH = 100;
const MOST_TOLD = 1_000;

export const ImportReport = z
  .object({
    created: z.int(),
    updated: z.int(),
    unchanged: z.int(),
    rejected: z
      .array(z.object({ line: z.int(), code: text(), message: text() }))
      .max(MOST_TOLD)
      .meta({ description: 'The first 1,000, by line as they were met.' }),
    rejectedCount: z.int().meta({ description: 'All of them.' }),
  })
  .meta({ id: 'ImportReport' });
export type ImportReport = z.infer<typeof ImportReport>;

/** The codes of UnreadableCsv: the file as a whole is refused. */
export const unreadableCsv = {
  'catalog.import.file_empty': { status: 422, message: 'The file is empty.' },
  'catalog.import.not_csv': { status: 422, message: 'The file is a workbook or another binary.' },
  'catalog.import.not_utf8': { status: 422, message: 'The file is not UTF-8.' },
  'catalog.import.quotes_unbalanced': { status: 422, message: 'The quotes of the header do not match.' },
  'catalog.import.row_too_long': { status: 422, message: 'The header is over 1 MiB.' },
  'catalog.import.columns_missing': { status: 422, message: 'The header lacks columns that every product needs.' },
  'catalog.import.column_repeated': { status: 422, message: 'A column stands more than once in the header.' },
} as const satisfies ErrorDeclarations;

type Imported = Extract<ShopifyCsvEntry, { kind: 'product' }>;

/** Reads a file and hands its products to the catalog, a batch at a time: as large as the file may be, memory is not. */
@Injectable()
export class ProductImport {
  constructor(
    private readonly commands: CommandBus,
    private readonly settings: HttpSettings,
  ) {}

  /** @throws Failure with the code of an UnreadableCsv; nothing was imported then */
  async run(file: AsyncIterable<Uint8Array>): Promise<ImportReport> {
    const report: ImportReport = { created: 0, updated: 0, unchanged: 0, rejected: [], rejectedCount: 0 };
    const reject = (line: number, code: string, message: string) => {
      if (report.rejectedCount++ < MOST_TOLD) report.rejected.push({ line, code, message });
    };
    try {
      for await (const batch of batches(readShopifyCsv(file, { currency: this.settings.CLEAVE_CURRENCY }), reject)) {
        const { rejected, ...counted } = await this.send(batch);
        report.created += counted.created;
        report.updated += counted.updated;
        report.unchanged += counted.unchanged;
        const lines = new Map(batch.map(({ line, product }) => [product.handle, line]));
        for (const { handle, code, message } of rejected) reject(lines.get(handle) ?? 0, code, message);
      }
    } catch (error) {
      throw error instanceof UnreadableCsv
        ? new Failure({ code: error.code, message: error.message, status: 422, retryable: false }, { cause: error })
        : error;
    }
    return report;
  }

  /** Without the request's call id, which stands for one command: an import can be repeated as it is. */
  private send(batch: readonly Imported[]) {
    const { callId: _, ...surroundings } = ambient()!;
    return runIn(surroundings, () =>
      this.commands.execute(new ImportProducts({ products: batch.map(({ product }) => product) })),
    );
  }
}

async function* batches(
  entries: AsyncIterable<ShopifyCsvEntry>,
  reject: (line: number, code: string, message: string) => void,
): AsyncGenerator<Imported[]> {
  let batch: Imported[] = [];
  for await (const entry of entries) {
    if (entry.kind === 'rejected') reject(entry.line, entry.code, entry.message);
    else if (batch.push(entry) === BATCH) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}
