const HEADER_BYTES = 4;

/** A text as it goes over a connection: the number of its bytes (unsigned, big-endian), and its UTF-8. */
export function frameOf(text: string): Buffer {
  const bytes = Buffer.byteLength(text);
  const frame = Buffer.allocUnsafe(HEADER_BYTES + bytes);
  frame.writeUInt32BE(bytes);
  frame.write(text, HEADER_BYTES);
  return frame;
}

/** Puts together the frames of a connection from the chunks in which they come. */
export class FrameReader {
  private chunks: Buffer[] = [];
  private size = 0;
  /** The number of bytes that must be there before the next frame, or its header, can be read. */
  private awaited = HEADER_BYTES;

  /** `limit`: the bytes of a frame. */
  constructor(public limit: number) {}

  /** Calls `take` with each frame that this chunk completes. @throws Error where one is too large */
  read(chunk: Buffer, take: (text: string) => void): void {
    this.chunks.push(chunk);
    this.size += chunk.length;
    if (this.size < this.awaited) return;
    const buffer = this.chunks.length === 1 ? chunk : Buffer.concat(this.chunks);
    let at = 0;
    for (let end = this.endOf(buffer, at); end <= buffer.length; end = this.endOf(buffer, at)) {
      take(buffer.toString('utf8', at + HEADER_BYTES, end));
      at = end;
    }
    const rest = buffer.subarray(at);
    this.awaited = this.endOf(rest, 0);
    this.chunks = rest.length > 0 ? [rest] : [];
    this.size = rest.length;
  }

  /** Where the frame that begins there ends; without its header, where that ends at least. */
  private endOf(buffer: Buffer, at: number): number {
    if (buffer.length - at < HEADER_BYTES) return at + HEADER_BYTES;
    const bytes = buffer.readUInt32BE(at);
    if (bytes > this.limit) throw new Error(`a frame of ${bytes} bytes, where ${this.limit} may come`);
    return at + HEADER_BYTES + bytes;
  }
}
