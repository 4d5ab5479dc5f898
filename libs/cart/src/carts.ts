import { owns, Repository, sql } from '#kernel';
import { Cart, type CartState } from './cart.js';
import { GetCart } from './contracts/index.js';

const select = sql`select id, owner, status, lines, order_id as "orderId", last_order_id as "lastOrderId" from cart`;

export class Carts extends Repository<Cart> {
  async find(id: string): Promise<Cart | undefined> {
    const row = await this.database.one<CartState>(sql`${select} where id = ${id}`);
    return row && new Cart(row);
  }

  /** The cart as the last writer left it; the next one waits. */
  async lock(id: string): Promise<Cart | undefined> {
    const row = await this.database.one<CartState>(sql`${select} where id = ${id} for update`);
    return row && new Cart(row);
  }

  protected async store({ state: { id, owner, status, lines, orderId, lastOrderId } }: Cart): Promise<void> {
    const content = JSON.stringify(lines);
    await this.database.query(sql`
      insert into cart (id, owner, status, lines, order_id, last_order_id)
      values (${id}, ${owner}, ${status}, ${content}, ${orderId}, ${lastOrderId})
      on conflict (id) do update set
        owner = ${owner}, status = ${status}, lines = ${content}, order_id = ${orderId}, last_order_id = ${lastOrderId}, updated_at = now()`);
  }
}

/** The principal's own cart. @throws cart.not_found, whether there is none or it is somebody else's */
export function own(cart: Cart | undefined): Cart {
  if (!owns(cart?.state.owner) || !cart) throw GetCart.failure('cart.not_found');
  return cart;
}
