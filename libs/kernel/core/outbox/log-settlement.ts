import { errorText, Tasks } from '#kernel/base';
import { type AnyDestination, isLog, type LogDestination } from './destination.js';
import type { Lanes } from './lanes.js';
import type { RelayContext } from './relay-context.js';
import type { Rewind } from './rewind.js';

/** Asks each log which positions all its readers have passed: up to there its messages are handled. */
export class LogSettlement {
  private readonly tasks = new Tasks();
  private readonly logs: readonly LogDestination[];

  constructor(
    private readonly relay: RelayContext,
    destinations: readonly AnyDestination[],
    private readonly lanes: Lanes,
    private readonly rewind: Rewind,
  ) {
    this.logs = destinations.filter(isLog);
  }

  /** Asks now, unless answers are still awaited. */
  begin(): void {
    if (this.tasks.size === 0) void this.tasks.add(this.askAll());
  }

  /** Resolves when no answers are awaited. */
  ended(): Promise<void> {
    return this.tasks.ended();
  }

  private async askAll(): Promise<void> {
    for (const log of this.logs) {
      try {
        await this.ask(log);
      } catch (error) {
        this.relay.warnings.warn(`"${log.name}" does not answer which messages are handled`, errorText(error));
      }
    }
  }

  private async ask(log: LogDestination): Promise<void> {
    const asked = [...this.lanes.all()].flatMap((lane) => {
      const position = lane.destination === log ? lane.log!.question(lane.done) : undefined;
      return position === undefined ? [] : [{ lane, slot: lane.slot, position }];
    });
    if (asked.length === 0) return;
    const settlements = await log.settle(asked);
    for (const [index, { lane }] of asked.entries()) {
      if (settlements[index] === 'handled') {
        lane.log!.answered();
        lane.moved = true;
      }
      if (settlements[index] === 'forgotten') await this.rewind.request(lane, lane.log!.settled);
    }
  }
}
