import type { MessageEnvelope } from '#kernel/messages';
import type { EventLog } from '../ports/transport.js';
import type { LogDestination } from './destination.js';

/** The destination of one context's messages to other contexts: its log at the broker. */
export class LogOutlet implements LogDestination {
  readonly from = 'least';
  readonly batch = 200;

  constructor(
    readonly name: string,
    private readonly publisher: string,
    private readonly readers: readonly string[],
    private readonly log: EventLog,
  ) {}

  wants({ destination }: MessageEnvelope): boolean {
    return destination === null ? this.readers.length > 0 : destination !== this.publisher;
  }

  append(slot: number, messages: readonly MessageEnvelope[], after: string | undefined): Promise<string> {
    const unheard = messages.find(({ destination }) => destination !== null && !this.readers.includes(destination));
    if (unheard)
      return Promise.reject(
        new Error(
          `${unheard.name} is sent by "${this.publisher}" and the contracts' snapshot does not know of it: npm run contracts`,
        ),
      );
    return this.log.append(this.partitionOf(slot), messages, after);
  }

  settle(positions: readonly { readonly slot: number; readonly position: string }[]) {
    return this.log.settle(positions.map(({ slot, position }) => ({ partition: this.partitionOf(slot), position })));
  }

  private partitionOf(slot: number): number {
    return slot % this.log.partitions;
  }
}
