import { hasTooManyFields, parseJson } from '#kernel/http';
import { fileBytes } from './file-bytes.js';
import { HandlesSeen } from './handles-seen.js';
import { type ImportEntry, rejected } from './import-entry.js';
import { productOfLine } from './product-line.js';
import { RowFault, shown, tried } from './row-fault.js';
import { textLines } from './text-lines.js';
import { UnreadableFile } from './unreadable-file.js';

const longestLine = 4 * 1024 * 1024;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads products as JSON, one a line (`ProductLine`). Lines may end in CRLF; blank ones are passed over. A line that is
 * no product is rejected, and the rest goes on. Memory: one slice of the file, one line, a few bytes for each product.
 * Throws UnreadableFile when there is no line, or the first bytes are those of another kind of file.
 */
export async function* readProductNdjson(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<ImportEntry, void, undefined> {
  const seen = new HandlesSeen();
  let empty = true;
  for await (const { line, bytes } of textLines(fileBytes(source), longestLine)) {
    const text = tried(() => textOf(bytes));
    if (typeof text === 'string' && text.trim() === '') continue;
    empty = false;
    const product = text instanceof RowFault ? text : tried(() => read(text, line));
    yield product instanceof RowFault ? rejected(line, product) : { kind: 'product', line, product };
  }
  if (empty) throw new UnreadableFile('file_empty', 'The file is empty: not even one line was found');

  function read(text: string, line: number) {
    const product = productOfLine(jsonOf(text));
    const firstLine = seen.lineOf(product.handle, line);
    if (firstLine === undefined) return product;
    throw new RowFault(
      'handle_repeated',
      `The product ${shown(product.handle)} stands already on line ${firstLine}`,
      '/handle',
    );
  }
}

function textOf(bytes: Buffer | undefined): string {
  if (!bytes) throw new RowFault('line_too_long', 'The line is over 4 MiB');
  try {
    return utf8.decode(bytes);
  } catch {
    throw new RowFault('not_utf8', 'The bytes of the line are not UTF-8');
  }
}

function jsonOf(text: string): unknown {
  if (hasTooManyFields(text))
    throw new RowFault('product_invalid', 'The line has more fields, or more levels, than a product needs');
  try {
    return parseJson(text);
  } catch (error) {
    throw new RowFault('not_json', `Each line must be one product as JSON: ${(error as Error).message.slice(0, 200)}`);
  }
}
