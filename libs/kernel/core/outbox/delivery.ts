import { errorText, pause, Tasks } from '#kernel/base';
import { Forgotten, isLog, type OutboxMessage } from './destination.js';
import type { Lane } from './lane.js';
import type { RelayContext } from './relay-context.js';
import type { Rewind } from './rewind.js';

/** Failures in a row after which a delivery is warned about: the first ones are usual while a process or a broker restarts. */
const QUIET_FAILURES = 3;
const MAX_BACKOFF_MS = 2_000;

/** Delivers what the lanes have queued, each lane by itself: in order, one batch at a time, again until it is accepted. */
export class Delivery {
  private readonly tasks = new Tasks();

  constructor(
    private readonly relay: RelayContext,
    private readonly rewind: Rewind,
  ) {}

  /** Begins to deliver a lane's messages, where there are any. */
  begin(lane: Lane): void {
    if (lane.beginDelivery()) void this.tasks.add(this.run(lane));
  }

  /** Resolves when the running deliveries are over. */
  ended(): Promise<void> {
    return this.tasks.ended();
  }

  private async run(lane: Lane): Promise<void> {
    await this.deliverAll(lane);
    if (lane.rewindTo) await this.rewind.run(lane, lane.rewindTo);
    if (lane.endDelivery()) this.relay.alarm.wake();
  }

  private async deliverAll(lane: Lane): Promise<void> {
    const { publisher, stopping, warnings } = this.relay;
    let failures = 0;
    for (let batch = lane.next(); batch.length > 0 && !stopping.aborted; batch = lane.next()) {
      try {
        await this.deliver(lane, batch);
        failures = 0;
      } catch (error) {
        if (error instanceof Forgotten) {
          lane.rewindTo = lane.log!.settled;
          return;
        }
        failures++;
        if (failures > QUIET_FAILURES)
          warnings.warn(
            `"${lane.destination.name}" cannot take messages of "${publisher}", trying again`,
            errorText(error),
          );
        await pause(Math.min(10 * 2 ** failures, MAX_BACKOFF_MS), stopping);
      }
    }
  }

  private async deliver(lane: Lane, batch: readonly OutboxMessage[]): Promise<void> {
    const { destination, slot, log } = lane;
    if (isLog(destination)) log!.position = await destination.append(slot, batch, log!.position);
    else await destination.deliver(this.relay.publisher, batch);
    lane.deliveredNext(batch.length);
  }
}
