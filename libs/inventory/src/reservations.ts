import { Repository, sql } from '#kernel';
import { Reservation, type ReservationState } from './reservation.js';
import type { Line } from './stock.js';

export class Reservations extends Repository<Reservation> {
  /** The order's reservation, made where there is none. Locked before any stock: whatever an order asks, it asks in turn. */
  async lock(orderId: string): Promise<Reservation> {
    const row = await this.database.one<{ state: ReservationState; lines: Line[]; until: string | null }>(sql`
      insert into reservation (order_id) values (${orderId})
      on conflict (order_id) do update set state = reservation.state
      returning state, lines, until`);
    return new Reservation(orderId, row!.state, row!.lines, row!.until);
  }

  protected async store({ orderId, state, lines, until }: Reservation): Promise<void> {
    await this.database.query(sql`
      update reservation set state = ${state}, lines = ${JSON.stringify(lines)}, until = ${until} where order_id = ${orderId}`);
  }
}
