import { Injectable } from '@nestjs/common';
import type { CallRequest, Link } from './link.js';
import { Owner } from './owner.js';

/** The owner runs in this process. */
@Injectable()
export class LocalLink implements Link {
  constructor(private readonly owner: Owner) {}

  repeats(): boolean {
    return false;
  }

  call(request: CallRequest): Promise<unknown> {
    return this.owner.handle(request);
  }
}
