import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { Clock, pause } from '#kernel';
import { GetOrder, type Order } from '../contracts/index.js';

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 250;

/** Waits for an order by asking again: no connection to its owner is held meanwhile, wherever that runs. */
@Injectable()
export class SettledOrder {
  constructor(
    private readonly queries: QueryBus,
    private readonly clock: Clock,
  ) {}

  /** The order as soon as it is settled, or as it is after `seconds`, or when `gone` says that nobody waits any more. */
  async of(id: string, seconds: number, gone: AbortSignal): Promise<Order> {
    const end = this.clock.now() + seconds * 1_000;
    for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(wait * 1.5, LONGEST_PAUSE_MS)) {
      const order = await this.queries.execute(new GetOrder({ id }));
      const left = end - this.clock.now();
      if (order.settled || left <= 0 || gone.aborted) return order;
      await pause(Math.min(wait, left), gone);
    }
  }
}
