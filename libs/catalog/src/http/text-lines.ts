const lineFeed = 10;

export interface TextLine {
  /** Counted from 1. */
  readonly line: number;
  /** Undefined when the line is longer than it may be. */
  readonly bytes: Buffer | undefined;
}

/** The lines of a file, as bytes and without their line feed. Holds one chunk and one line of at most `longest` bytes. */
export async function* textLines(
  source: AsyncIterable<Uint8Array>,
  longest: number,
): AsyncGenerator<TextLine, void, undefined> {
  let line = 1;
  let length = 0;
  let pieces: Uint8Array[] = [];
  const keep = (piece: Uint8Array) => {
    length += piece.length;
    if (length > longest) pieces = [];
    else if (piece.length > 0) pieces.push(piece);
  };
  const take = (): TextLine => {
    const taken = { line, bytes: length > longest ? undefined : Buffer.concat(pieces) };
    line += 1;
    length = 0;
    pieces = [];
    return taken;
  };
  for await (const chunk of source) {
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
      keep(chunk.subarray(start, end));
      yield take();
      start = end + 1;
    }
    keep(chunk.subarray(start));
  }
  if (length > 0) yield take();
}
