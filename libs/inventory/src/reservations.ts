import { Repository, type Sql, sql } from '#kernel/core';
import { Reservation, type ReservationState } from './reservation.js';
import { StockItem } from './stock-item.js';
import { type Line, Stock } from './stock.js';

interface Row {
  state: ReservationState | null;
  lines: Line[];
  until: string | null;
  version: number;
}
interface StockRow extends Row {
  sku: string;
  onHand: number;
  reserved: number;
}

export class Reservations extends Repository<Reservation> {
  /** The order's reservation, and the stock of `skus`. */
  withStock(orderId: string, skus: readonly string[]): Promise<[Reservation, Stock]> {
    return this.read(
      orderId,
      sql`
        select item.sku, item.on_hand as "onHand", item.reserved, state, lines, until, version
        from stock_item item left join reservation on order_id = ${orderId}
        where item.sku = any(${skus}::text[]) order by item.sku`,
    );
  }

  /** The order's reservation, and the stock of its own lines. */
  withItsStock(orderId: string): Promise<[Reservation, Stock]> {
    return this.read(
      orderId,
      sql`
        select item.sku, item.on_hand as "onHand", item.reserved, state, lines, until, version
        from reservation join stock_item item on item.sku = any(array(select line ->> 'sku' from json_array_elements(lines) line))
        where order_id = ${orderId} order by item.sku`,
    );
  }

  /**
   * The stock of one SKU is written where nobody was quicker. Where somebody was, and where there are several SKUs, it is locked,
   * in SKU order, so that buyers wait, and never for each other.
   */
  private async read(orderId: string, wanted: Sql): Promise<[Reservation, Stock]> {
    const seen = this.database.currentTransaction()?.again ? [] : await this.database.glances<StockRow>(wanted);
    const rows = seen.length === 1 ? seen : await this.database.query<StockRow>(sql`${wanted} for update of item`);
    // Where no stock is known, the reservation is still to be found out about.
    const row =
      rows[0] ??
      (await this.database.one<Row>(
        sql`select state, lines, until, version from reservation where order_id = ${orderId}`,
      ));
    const reservation = row?.state
      ? new Reservation(orderId, row.state, row.lines, row.until, row.version)
      : new Reservation(orderId);
    return [reservation, new Stock(rows.map(({ sku, onHand, reserved }) => new StockItem(sku, { onHand, reserved })))];
  }

  protected async store({ orderId, state, lines, until, version }: Reservation): Promise<void> {
    await this.database.change(sql`
      insert into reservation (order_id, state, lines, until, version)
      values (${orderId}, ${state}, ${JSON.stringify(lines)}, ${until}, ${version + 1})
      on conflict (order_id) do update set
        state = excluded.state, lines = excluded.lines, until = excluded.until, version = excluded.version
        where reservation.version = ${version}`);
  }
}
