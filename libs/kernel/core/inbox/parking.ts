import { Logger } from '@nestjs/common';
import { errorText } from '#kernel/base';
import type { Database } from '../database/database.js';
import type { Arrival, ParkedMessages } from './parked-messages.js';
import type { ParkingWorker } from './parking-worker.js';

/**
 * Parks the messages of one context. A message that fails waits here, and later messages of its key wait behind it, while
 * everything else flows. Retries, dead letters, redrive and discard work on these rows alone, on every transport. Commands
 * whose handlers talk to the outside world are parked too, and run from here.
 */
export class Parking {
  private readonly logger = new Logger('Parking');

  constructor(
    private readonly database: Database,
    private readonly parked: ParkedMessages,
    private readonly worker: ParkingWorker,
  ) {}

  /**
   * Accepts a message whose handler runs outside any transaction: leased and begun at once where there is room and no message
   * of its key waits.
   */
  async accept(arrival: Arrival): Promise<void> {
    const accepted = await this.parked.accept(arrival, this.worker.hasRoom);
    if (!accepted) return; // accepted before
    if (accepted.leased) this.worker.begin(accepted.parked);
    else this.worker.wake();
  }

  /** Parks a message in the current transaction: after a failure for its first retry, else to be handled as soon as it can be. */
  async park(arrival: Arrival, failure?: unknown): Promise<void> {
    await this.parked.add(arrival, failure);
    const { subscriber, message } = arrival;
    if (failure !== undefined)
      this.logger.warn(`${message.name} ${message.id} failed at ${subscriber}, parked: ${errorText(failure)}`);
    this.database.afterCommit(() => this.worker.wake());
  }
}
