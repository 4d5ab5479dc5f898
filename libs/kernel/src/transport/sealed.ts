import type { Logger } from '@nestjs/common';
import { errorText } from '../errors/error-report.js';
import { Envelope } from './envelope.js';

/** Seals what leaves, and opens what comes: what is not ours is counted, logged, and passed over. */
export class Sealed {
  forged = 0;
  private readonly envelope: Envelope;

  constructor(
    key: string | undefined,
    private readonly logger: Logger,
  ) {
    this.envelope = new Envelope(key);
  }

  seal(to: string, body: string): string {
    return this.envelope.seal(to, body);
  }

  /** What was sealed for `to`, read; undefined where it is not ours. */
  open<Read>(to: string, sealed: string, read: (body: string) => Read): Read | undefined {
    try {
      const body = this.envelope.open(to, sealed);
      if (body !== undefined) return read(body);
      this.forged++;
      this.logger.warn(`${to}: refused what was not signed with our key`);
    } catch (error) {
      const rubbish = error instanceof SyntaxError; // it quotes what it read
      if (rubbish) this.forged++;
      this.logger.error(`${to}: something cannot be read: ${rubbish ? 'it is not JSON' : errorText(error)}`);
    }
    return undefined;
  }
}
