import { Repository, sql } from '#kernel';
import { Order, type OrderState } from './order.js';

const columns = sql`id, number, cart_id as "cartId", owner, email, shipping_address as "shippingAddress", lines, total, status, stock, payment, missing, history, created_at as "createdAt"`;

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

  async nextNumber(): Promise<string> {
    const row = await this.database.one<{ number: string }>(sql`select nextval('order_number')::text as number`);
    return row!.number;
  }

  protected async store({ state }: Order): Promise<void> {
    const {
      id,
      number,
      cartId,
      owner,
      email,
      shippingAddress,
      lines,
      total,
      status,
      stock,
      payment,
      missing,
      history,
      createdAt,
    } = state;
    const json = (value: unknown) => JSON.stringify(value);
    await this.database.query(sql`
      insert into orders (id, number, cart_id, owner, email, shipping_address, lines, total, status, stock, payment, missing, history, created_at)
      values (${id}, ${number}, ${cartId}, ${owner}, ${email}, ${json(shippingAddress)}, ${json(lines)}, ${json(total)}, ${status}, ${stock},
        ${json(payment)}, ${json(missing)}, ${json(history)}, ${createdAt})
      on conflict (id) do update set status = excluded.status, stock = excluded.stock, payment = excluded.payment, missing = excluded.missing,
        history = excluded.history`);
  }
}
