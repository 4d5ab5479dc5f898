import { Injectable } from '@nestjs/common';
import type { OrderState } from './order.js';

/** Waiting is for speed: who finds no room asks again. More would leave too little of what this process may work at. */
const AT_ONCE = 32;

/** Who waits in this process for an order to be settled by it. */
@Injectable()
export class Settling {
  private readonly waiting = new Set<{ id: string; hear: (order: OrderState) => void }>();

  /** Tells those that wait for the order how it stands. */
  tell(order: OrderState): void {
    for (const one of this.waiting) if (one.id === order.id) one.hear(order);
  }

  /** The order as soon as it is settled here; undefined after `patience` milliseconds, and at once where too many wait already. */
  async await(id: string, patience: number): Promise<OrderState | undefined> {
    if (patience === 0 || this.waiting.size >= AT_ONCE) return undefined;
    return new Promise((resolve) => {
      const end = (order?: OrderState) => {
        clearTimeout(timer);
        this.waiting.delete(one);
        resolve(order);
      };
      const one = { id, hear: end };
      const timer = setTimeout(end, patience);
      this.waiting.add(one);
    });
  }
}
