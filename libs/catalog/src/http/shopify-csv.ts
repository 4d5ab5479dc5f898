import { ImportedProduct } from '../contracts/imported-product.js';
import { BrokenCsv, type CsvRow, readCsvRows } from './csv-rows.js';
import { HandlesSeen } from './handles-seen.js';
import { type ImportEntry, rejected } from './import-entry.js';
import { RowFault, shown, tried } from './row-fault.js';
import { shopifyColumns, type ShopifyRow } from './shopify-columns.js';
import { ShopifyProduct } from './shopify-product.js';
import { UnreadableFile } from './unreadable-file.js';

/**
 * Reads Shopify's product CSV, the classic one and the newer template, as shops export and edit it. `currency` is the
 * ISO 4217 code of its prices. Rejected rows come as they are met, a product when its last row was read.
 *
 * - One wrong row rejects its whole product: half of a product's variants are worse than none.
 * - The rows of a product stand together. A handle that comes again further down is rejected there
 *   (`catalog.import.handle_split`): its first rows are handed out by then.
 * - A row whose handle is missing or no handle rejects the product above it too, unless it has a title and so begins a
 *   product of its own.
 * - Where quotes do not match, the rows above are good, and that row and all below it are one rejected entry.
 * - Rows that are blank are passed over. Cells that are missing at a row's end are blank: spreadsheets drop them.
 * - SKUs are unique within a product; whether another product has one, only the catalog knows.
 *
 * Memory: one slice of the file and one product, and for each product the few bytes that tell a split one.
 * Throws UnreadableFile when the file as a whole is not such a CSV.
 */
export async function* readShopifyCsv(
  source: AsyncIterable<Uint8Array>,
  options: { currency: string },
): AsyncGenerator<ImportEntry, void, undefined> {
  const products = new ProductsByHandle(options.currency);
  let columns: ((row: CsvRow) => ShopifyRow) | undefined;
  try {
    for await (const row of readCsvRows(source)) {
      if (row.cells.every((cell) => cell.trim() === '')) continue;
      if (columns) yield* products.add(columns(row));
      else columns = shopifyColumns(row);
    }
  } catch (error) {
    if (!(error instanceof BrokenCsv)) throw error;
    if (!columns) throw new UnreadableFile(error.what, error.message);
    yield* products.breakOff(columns(error.row));
    yield rejected(error.row.line, new RowFault(error.what, `${error.message}; nothing was read from there on`));
    return;
  }
  if (!columns) throw new UnreadableFile('file_empty', 'The file is empty: not even a header was found');
  yield* products.end();
}

class ProductsByHandle {
  private current: ShopifyProduct | undefined;
  private readonly seen = new HandlesSeen();

  constructor(private readonly currency: string) {}

  *add(row: ShopifyRow): Generator<ImportEntry> {
    const handle = tried(() => handleOf(row));
    if (handle instanceof RowFault) {
      if (this.current && !hasTitle(row)) this.current.spoiled = true;
      yield rejected(row.line, handle);
      return;
    }
    if (handle !== this.current?.handle) {
      yield* this.end();
      const fault = tried(() => this.begins(handle, row.line));
      if (fault instanceof RowFault) {
        yield rejected(row.line, fault);
        return;
      }
      this.current = new ShopifyProduct(handle, row.line, this.currency);
    }
    const fault = tried(() => this.current?.add(row));
    if (fault instanceof RowFault) yield rejected(row.line, fault);
  }

  private begins(handle: string, line: number): void {
    const firstLine = this.seen.lineOf(handle, line);
    if (firstLine === undefined) return;
    const message = `The product ${shown(handle)} began on line ${firstLine}: all its rows must stand together`;
    throw new RowFault('handle_split', message);
  }

  /** Ends with a row of which only the first cells are known. It may belong to the product above. */
  *breakOff(row: ShopifyRow): Generator<ImportEntry> {
    const handle = row.endsBefore('handle') ? undefined : tried(() => handleOf(row));
    const continues = typeof handle === 'string' ? handle === this.current?.handle : !hasTitle(row);
    if (this.current && continues) this.current.spoiled = true;
    yield* this.end();
  }

  *end(): Generator<ImportEntry> {
    const product = this.current;
    this.current = undefined;
    if (product === undefined) return;
    const result = product.finish();
    if ('product' in result) yield { kind: 'product', line: product.line, product: result.product };
    else for (const { line, fault } of result.faults) yield rejected(line, fault);
  }
}

/** Shopify makes handles lower case when it imports them, and so two spellings are one product. */
function handleOf(row: ShopifyRow): string {
  const handle = row.cell('handle').normalize('NFC').toLowerCase();
  if (handle === '') throw new RowFault('handle_missing', 'The row has no handle, which each row of a product repeats');
  const parsed = ImportedProduct.shape.handle.safeParse(handle);
  if (parsed.success) return parsed.data;
  throw new RowFault('handle_invalid', `The handle ${shown(handle)}: ${parsed.error.issues[0]?.message}`);
}

/** Only a product's first row must have one: of a row that cannot be placed, it says that another product begins. */
function hasTitle(row: ShopifyRow): boolean {
  return tried(() => row.cell('title')) !== '';
}
