import { Repository, sql } from '#kernel';
import { Order, type OrderState } from './order.js';

const columns = sql`id, number, cart_id as "cartId", owner, email, shipping_address as "shippingAddress", lines, total, status, stock, payment, missing, shipment, history, created_at as "createdAt"`;

const json = (value: unknown): string => JSON.stringify(value);

export class Orders extends Repository<Order> {
  /** The order, locked: a process takes its events one at a time, in whatever order they come. */
  async lock(id: string): Promise<Order | undefined> {
    const state = await this.database.one<OrderState>(sql`select ${columns} from orders where id = ${id} for update`);
    return state && new Order(state);
  }

  find(id: string): Promise<OrderState | undefined> {
    return this.database.one<OrderState>(sql`select ${columns} from orders where id = ${id}`);
  }

  /** The live order of a cart: any that is neither rejected nor expired. */
  async liveOrderOf(cartId: string): Promise<string | undefined> {
    const row = await this.database.one<{ id: string }>(sql`
      select id from orders where cart_id = ${cartId} and status not in ('rejected', 'expired')`);
    return row?.id;
  }

  /** What was ordered, by whom and where it goes, is written once. */
  protected async store({ state, isNew }: Order): Promise<void> {
    const { id, status, stock, payment, missing, shipment, history } = state;
    if (!isNew) {
      await this.database.query(sql`
        update orders set status = ${status}, stock = ${stock}, payment = ${json(payment)}, missing = ${json(missing)},
          shipment = ${shipment && json(shipment)}, history = ${json(history)}
        where id = ${id}`);
      return;
    }
    const { number, cartId, owner, email, shippingAddress, lines, total, createdAt } = state;
    await this.database.query(sql`
      insert into orders (id, number, cart_id, owner, email, shipping_address, lines, total, status, stock, payment, missing, history, created_at)
      values (${id}, ${number}, ${cartId}, ${owner}, ${email}, ${json(shippingAddress)}, ${json(lines)}, ${json(total)}, ${status}, ${stock},
        ${json(payment)}, ${json(missing)}, ${json(history)}, ${createdAt})`);
  }
}
