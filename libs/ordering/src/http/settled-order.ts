import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { Clock, pause } from '#kernel/base';
import { GetOrder, type Order } from '../contracts/index.js';

const SHORTEST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 250;

/**
 * Waits for an order by asking again, at intervals; where the process that is asked settles it meanwhile, it answers at once.
 * Another may settle it, and then the next question finds that out.
 */
@Injectable()
export class SettledOrder {
  /** About so long orders take at the moment, in milliseconds: to ask earlier is mostly in vain. */
  private usual = 50;

  constructor(
    private readonly queries: QueryBus,
    private readonly clock: Clock,
  ) {}

  /** The order as soon as it is settled, or as it is after `seconds`, or when `gone` says that nobody waits any more. */
  async of(id: string, seconds: number, gone: AbortSignal): Promise<Order> {
    const began = this.clock.now();
    const end = began + seconds * 1_000;
    for (let asked = 1, wait = this.usual; ; asked++) {
      const asking = this.clock.now();
      const patience = Math.max(0, Math.min(Math.round(wait), end - asking));
      const order = await this.queries.execute(new GetOrder({ id, patience }));
      const now = this.clock.now();
      if (order.settled) this.learn(asked, now - began);
      if (order.settled || now >= end || gone.aborted) return order;
      await pause(Math.max(1, Math.min(patience - (now - asking), end - now)), gone);
      wait = asked === 1 ? SHORTEST_PAUSE_MS : Math.min(wait * 1.5, LONGEST_PAUSE_MS);
    }
  }

  /** One answer is most likely that of who waited; the second came too late, by who knows how much. */
  private learn(asked: number, waited: number): void {
    if (waited < SHORTEST_PAUSE_MS) return;
    const took = asked === 1 ? waited * 1.25 : asked === 2 ? this.usual * 0.9 : waited;
    this.usual = Math.max(SHORTEST_PAUSE_MS, Math.min(LONGEST_PAUSE_MS, this.usual * 0.8 + took * 0.2));
  }
}
