import { UnreadableFile } from './unreadable-file.js';

/**
 * The bytes of a text file after a UTF-8 byte order mark.
 * @throws UnreadableFile when the first bytes show UTF-16, a workbook or another archive
 */
export async function* fileBytes(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let head: Uint8Array | undefined = new Uint8Array();
  for await (const chunk of source) {
    if (head === undefined) {
      yield chunk;
      continue;
    }
    head = Buffer.concat([head, chunk]);
    if (head.length < 4) continue;
    yield afterSignature(head);
    head = undefined;
  }
  if (head !== undefined) yield afterSignature(head);
}

function afterSignature(head: Uint8Array): Uint8Array {
  const bytes = Buffer.from(head.subarray(0, 4)).toString('latin1');
  if (bytes.startsWith('PK\x03\x04') || bytes.startsWith('\x1f\x8b')) {
    throw new UnreadableFile('not_csv', 'This is an Excel workbook or an archive: send the text itself, as UTF-8');
  }
  if (bytes.startsWith('\xff\xfe') || bytes.startsWith('\xfe\xff')) {
    throw new UnreadableFile('not_utf8', 'This file is UTF-16: save it as UTF-8 (in Excel "CSV UTF-8")');
  }
  return bytes.startsWith('\xef\xbb\xbf') ? head.subarray(3) : head;
}
