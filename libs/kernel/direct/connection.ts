import type { Socket } from 'node:net';
import { errorMessage, secretToken } from '#kernel/base';
import { MAX_BYTES, type Seal } from '#kernel/brokers';
import { frameOf, FrameReader } from './frames.js';

/** The kinds of frames: the first character of the sealed text. A reader passes over kinds that it does not know. */
export const KIND = {
  /** The first frame of the asker: the context that it will ask. */
  hello: 'H',
  /** The answer: the context is served here, or it is not (`absent`). */
  welcome: 'W',
  absent: 'N',
  /** A sign of life that the asker wants, and the answer. */
  ping: '?',
  pong: '!',
  requests: 'Q',
  replies: 'A',
  /** The numbers of requests that were not begun, and will not be. */
  refused: 'R',
  /** The process is about to end: requests that come from now on are refused. */
  draining: 'D',
} as const;

/** The limit of a frame before the other end has shown that it has the key. */
const FIRST_FRAMES_BYTES = 1_024;
/** The limit from then on: a request or an answer of the largest size, with its metadata. */
const FRAME_BYTES = 2 * MAX_BYTES;
/**
 * The size of a frame of requests or replies. The receiver begins with the first while the next are on their way: with 64
 * requests in flight, frames of 32 made 1.7 times the rate of one frame for all.
 */
export const PORTION = { count: 32, length: 256 * 1_024 };

export interface ConnectionEvents {
  /** Frames can be sent from now on. */
  readonly opened: () => void;
  readonly received: (kind: string, body: string) => void;
  /** A frame that was not sealed with our key. The connection ends. */
  readonly forged: () => void;
  readonly closed: (why: string) => void;
}

/**
 * One end of a connection. Each end begins with a nonce; every frame that comes after is sealed for the receiver's nonce and
 * its own number, so that a copy is refused on any other connection, and on the same one.
 */
export class Connection {
  private readonly nonce = secretToken().slice(0, 22);
  private readonly reader = new FrameReader(FIRST_FRAMES_BYTES);
  private theirNonce: string | undefined;
  private sent = 0;
  private received = 0;
  private heardAt = performance.now();
  private isClosed = false;
  private why = 'the other end closed it';
  /** Senders that wait for room in the socket's buffer. */
  private waiting: (() => void)[] = [];

  constructor(
    private readonly socket: Socket,
    private readonly seal: Seal,
    private readonly events: ConnectionEvents,
  ) {
    socket.setNoDelay(true);
    socket
      .on('data', (chunk) => this.read(chunk))
      .on('drain', () => this.release())
      .on('error', (error) => (this.why = errorMessage(error)))
      .on('close', () => this.end());
    socket.write(frameOf(this.nonce));
  }

  /**
   * Ends it where nothing has come for so many milliseconds. What came while this process was busy or frozen is read before
   * that is judged: after the timers that are due.
   */
  breakIfSilent(milliseconds: number): void {
    if (performance.now() - this.heardAt <= milliseconds) return;
    setImmediate(() => {
      if (performance.now() - this.heardAt > milliseconds) this.break('no sign of life');
    });
  }

  /** Sends a frame, unless the connection has ended. @returns a promise where the next one should wait, until it may leave */
  send(kind: string, body = ''): Promise<void> | undefined {
    if (this.isClosed || this.theirNonce === undefined) return undefined;
    const sealed = this.seal.seal(`${this.theirNonce} ${this.sent++}`, kind + body);
    if (this.socket.write(frameOf(sealed))) return undefined;
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** Resolves when the system has all that was sent, or the connection has ended. */
  async flushed(): Promise<void> {
    if (this.socket.writableLength > 0 && !this.isClosed)
      await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** Ends it at once. */
  break(why: string): void {
    this.why = why;
    this.socket.destroy();
  }

  private read(chunk: Buffer): void {
    this.heardAt = performance.now();
    try {
      this.reader.read(chunk, (text) => this.take(text));
    } catch (error) {
      this.break(error instanceof SyntaxError ? 'it sent what cannot be read' : errorMessage(error)); // a SyntaxError quotes it
    }
  }

  private take(text: string): void {
    if (this.isClosed || this.socket.destroyed) return;
    if (this.theirNonce === undefined) {
      this.theirNonce = text;
      this.events.opened();
      return;
    }
    const body = this.seal.open(`${this.nonce} ${this.received++}`, text)?.body;
    if (body === undefined) {
      this.events.forged();
      this.break('what it sent was not signed with our key');
      return;
    }
    this.reader.limit = FRAME_BYTES;
    this.events.received(body.charAt(0), body.slice(1));
  }

  private end(): void {
    this.isClosed = true;
    this.release();
    this.events.closed(this.why);
  }

  private release(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
