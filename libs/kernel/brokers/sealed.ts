import type { Logger } from '@nestjs/common';
import { errorText } from '#kernel/base';
import { Seal } from './seal.js';

/** Seals calls and their answers. What no process of ours has sealed is counted, logged and passed over. */
export class Sealed {
  forged = 0;
  private readonly sealing: Seal;

  constructor(
    key: string | undefined,
    private readonly logger: Logger,
  ) {
    this.sealing = new Seal(key);
  }

  seal(to: string, body: string): string {
    return this.sealing.seal(to, body);
  }

  /** Opens and reads what was sealed for `to`; undefined where no process of ours sealed it. */
  open<Read>(to: string, sealed: string, read: (body: string) => Read): Read | undefined {
    try {
      const opened = this.sealing.open(to, sealed);
      if (opened) return read(opened.body);
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
