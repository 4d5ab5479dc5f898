import { hash, timingSafeEqual } from 'node:crypto';

/** The formats of a body. Fields may join a body at any time: a reader passes over those that it does not know. */
export const FORMAT = { plain: 1, pack: 2 } as const;
const LATEST = FORMAT.pack;
const MAC_LENGTH = 43; // SHA-256 in base64url
const BLOCK = 64;

/**
 * Signs what leaves the process (HMAC-SHA256, RFC 2104) and refuses what no process of ours has signed. The signature covers
 * the body and its destination, so that a copy is refused in any other place. Without a key nothing is signed and everything
 * is accepted: for development.
 */
export class Seal {
  private readonly mac: Mac | undefined;
  private readonly given = Buffer.alloc(MAC_LENGTH);
  private readonly expected = Buffer.alloc(MAC_LENGTH);

  constructor(key: string | undefined) {
    this.mac = key === undefined ? undefined : new Mac(key);
  }

  /** `<format>.<signature>.<body>` */
  seal(to: string, body: string, format: number = FORMAT.plain): string {
    return `${format}.${this.signature(format, to, body)}.${body}`;
  }

  /** The body with its format; undefined where no process of ours signed it. @throws Error where a later version wrote it */
  open(to: string, sealed: string): { readonly format: number; readonly body: string } | undefined {
    const formatEnd = sealed.indexOf('.');
    const bodyStart = sealed.indexOf('.', formatEnd + 1) + 1;
    if (formatEnd < 0 || bodyStart === 0) return undefined;
    const written = sealed.slice(0, formatEnd);
    if (!/^[1-9]\d{0,2}$/.test(written)) return undefined;
    const format = Number(written);
    if (format > LATEST) throw new Error(`written in format ${format}, and this process reads ${LATEST}`);
    const body = sealed.slice(bodyStart);
    if (!this.mac) return { format, body };
    const given = sealed.slice(formatEnd + 1, bodyStart - 1);
    if (given.length !== MAC_LENGTH) return undefined;
    this.given.write(given, 'latin1');
    this.expected.write(this.signature(format, to, body), 'latin1');
    return timingSafeEqual(this.given, this.expected) ? { format, body } : undefined;
  }

  /** The first format was signed without its number. */
  private signature(format: number, to: string, body: string): string {
    if (!this.mac) return '';
    return this.mac.of(format === FORMAT.plain ? `${to}\n${body}` : `${format} ${to}\n${body}`);
  }
}

/**
 * HMAC-SHA256 (RFC 2104) by the two hashes that it consists of: `createHmac` makes a stream for each message, which costs three
 * times as much, and 30 µs more where the process was idle before. The key is the hash of what is given, in hexadecimal: one
 * block of ASCII, so that its padding is a string, too.
 */
class Mac {
  private readonly inner: string;
  private readonly outer = Buffer.alloc(BLOCK + 32);

  constructor(secret: string) {
    const key = Buffer.from(hash('sha256', secret, 'hex'), 'latin1');
    this.inner = Buffer.from(key.map((byte) => byte ^ 0x36)).toString('latin1');
    this.outer.set(key.map((byte) => byte ^ 0x5c));
  }

  /** Of its UTF-8, in base64url. */
  of(text: string): string {
    this.outer.write(hash('sha256', this.inner + text, 'binary'), BLOCK, 'binary');
    return hash('sha256', this.outer, 'base64url');
  }
}
