import { CsvError, parse } from 'csv-parse';
import { fileBytes } from './file-bytes.js';

/** A row of a CSV file. Each character of a cell stands for one byte: `decodeUtf8` makes text of it. */
export interface CsvRow {
  /** The physical line, counted from 1, on which the row begins. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** The file cannot be split into rows any further. `row` holds the cells that were complete before that. */
export class BrokenCsv extends Error {
  override readonly name = 'BrokenCsv';

  constructor(
    /** What follows `catalog.import.` in the code. */
    readonly what: 'quotes_unbalanced' | 'row_too_long',
    readonly row: CsvRow,
    reason: string,
  ) {
    super(`${reason} in the row that begins on line ${row.line}`);
  }
}

/** Far above any product. It keeps a quote that is never closed from collecting the rest of the file in memory. */
const longestRow = 1024 * 1024;
const slice = 64 * 1024;

/**
 * The rows of a CSV file (RFC 4180; lines may end in CRLF, LF or CR, and mixed), a blank line being a row of one empty
 * cell. Holds about one slice and one row in memory. Throws UnreadableFile when the first bytes are no text, and
 * BrokenCsv, after every row that stands before, when quotes do not match or a row is over 1 MiB.
 *
 * Rows are taken by `on_record` and not from the parser's readable side, which discards the rows it holds when a later
 * one is broken. Lines are counted here: the parser's own count takes a CRLF inside quotes for two.
 */
export async function* readCsvRows(source: AsyncIterable<Uint8Array>): AsyncGenerator<CsvRow, void, undefined> {
  const ready: CsvRow[] = [];
  let line = 1;
  let bytesRead = 0;
  let rowStart = 0;
  const parser = parse({
    encoding: 'latin1',
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    on_record: (cells, { bytes }) => {
      if (bytes - rowStart > longestRow) throw new BrokenCsv('row_too_long', { line, cells }, tooLong);
      ready.push({ line, cells });
      rowStart = bytes;
      line += 1 + cells.reduce((breaks, cell) => breaks + lineBreaks(cell), 0);
      return null;
    },
  });
  // Each error is also given to the callback of the write that met it, below; without a listener it would be thrown.
  parser.on('error', () => undefined);
  const fed = (give: (done: (error?: Error | null) => void) => void) =>
    new Promise<Error | undefined>((resolve) => give((error) => resolve(error ?? undefined)));
  // The cells of the unfinished row: not in the parser's typings.
  const unfinished = (): CsvRow => ({ line, cells: (parser as { state?: { record?: string[] } }).state?.record ?? [] });
  const broken = (error: Error) => (error instanceof CsvError ? quotesUnbalanced(error, unfinished()) : error);

  for await (const chunk of fileBytes(source)) {
    for (let start = 0; start < chunk.length; start += slice) {
      const part = chunk.subarray(start, start + slice);
      const error = await fed((done) => parser.write(part, done));
      bytesRead += part.length;
      yield* ready.splice(0);
      if (error) throw broken(error);
      if (bytesRead - rowStart > longestRow + slice) throw new BrokenCsv('row_too_long', unfinished(), tooLong);
    }
  }
  const error = await fed((done) => parser.end(done));
  yield* ready.splice(0);
  if (error) throw broken(error);
}

const tooLong = 'More than 1 MiB, as after a quote that is never closed,';

function quotesUnbalanced(error: CsvError, row: CsvRow): Error {
  if (error.code === 'CSV_QUOTE_NOT_CLOSED') return new BrokenCsv('quotes_unbalanced', row, 'A quote is never closed');
  if (error.code === 'CSV_INVALID_CLOSING_QUOTE' || error.code === 'INVALID_OPENING_QUOTE') {
    return new BrokenCsv('quotes_unbalanced', row, 'A quote stands inside a value, is not doubled, or is never closed');
  }
  return error;
}

const lineBreaks = (cell: string): number => cell.match(/\r\n|\n|\r/g)?.length ?? 0;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of a cell, or undefined when its bytes are not UTF-8. */
export function decodeUtf8(cell: string): string | undefined {
  if (!/[\u0080-\u00ff]/.test(cell)) return cell;
  try {
    return utf8.decode(Buffer.from(cell, 'latin1'));
  } catch {
    return undefined;
  }
}
