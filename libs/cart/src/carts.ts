import { ConcurrentChange, isUniqueViolation, owns, Recent, Repository, sql } from '#kernel/core';
import { Cart, type CartState } from './cart.js';
import { GetCart } from './contracts/index.js';

const columns = sql`id, owner, status, lines, order_id as "orderId", last_order_id as "lastOrderId", merged_into as "mergedInto", version`;

type Row = CartState & { readonly version: number };

const cartOf = ({ version, ...state }: Row): Cart => new Cart(state, version);

export class Carts extends Repository<Cart> {
  private readonly recent = new Recent<Row>(this.database);

  async find(id: string): Promise<Cart | undefined> {
    const row = await this.database.glance<Row>(sql`select ${columns} from cart where id = ${id}`);
    return row && cartOf(row);
  }

  /** As `find`, perhaps as this process wrote it a moment ago: for who saves the cart, whatever becomes of it. */
  async recall(id: string): Promise<Cart | undefined> {
    return this.recalled(id) ?? this.find(id);
  }

  /** As `recall`, without reading. */
  recalled(id: string): Cart | undefined {
    const known = this.recent.take(id);
    return known && cartOf(known);
  }

  /** The one cart that a member is filling. */
  async activeOf(member: string): Promise<Cart | undefined> {
    const row = await this.database.one<Row>(sql`
      select ${columns} from cart where owner = ${member} and status = 'active' and owner like 'user:%'`);
    return row && cartOf(row);
  }

  /** A cart, and the active one of a member, null: of its owner; locked in the order of their ids, so that no two wait for each other. */
  async lockBoth(id: string, member: string | null): Promise<{ cart: Cart | undefined; active: Cart | undefined }> {
    const rows = await this.database.query<Row>(sql`
      select ${columns} from cart
      where id = ${id}
        or (status = 'active' and owner like 'user:%' and owner = coalesce(${member}, (select owner from cart where id = ${id})))
      order by id for update`);
    const carts = rows.map(cartOf);
    const isAsked = ({ state }: Cart) => state.id === id.toLowerCase();
    return { cart: carts.find(isAsked), active: carts.find((cart) => !isAsked(cart)) };
  }

  /** The id of the member's active cart: `id`, unless there is another one already. */
  async open(id: string, member: string): Promise<string> {
    const active = await this.activeOf(member);
    if (active) return active.state.id;
    const made = await this.database.one(sql`
      insert into cart (id, owner, status, lines) values (${id}, ${member}, 'active', '[]') on conflict do nothing returning id`);
    if (made) return id;
    const rival = await this.activeOf(member);
    if (!rival) throw new ConcurrentChange();
    return rival.state.id;
  }

  protected async store({ state, version }: Cart): Promise<void> {
    const { id, owner, status, lines, orderId, lastOrderId, mergedInto } = state;
    const content = JSON.stringify(lines);
    this.recent.keep(id, { ...state, version: version + 1 });
    if (version > 0)
      await this.database.change(sql`
        update cart set owner = ${owner}, status = ${status}, lines = ${content}, order_id = ${orderId},
          last_order_id = ${lastOrderId}, merged_into = ${mergedInto}, updated_at = now(), version = version + 1
        where id = ${id} and version = ${version}`);
    else
      await this.database.write(sql`
        insert into cart (id, owner, status, lines, order_id, last_order_id, merged_into)
        values (${id}, ${owner}, ${status}, ${content}, ${orderId}, ${lastOrderId}, ${mergedInto})`);
  }
}

/** The principal's own cart. @throws cart.not_found, whether there is none or it is somebody else's */
export function own(cart: Cart | undefined): Cart {
  if (!owns(cart?.state.owner) || !cart) throw GetCart.failure('cart.not_found');
  return cart;
}

/** A member got another active cart in the meantime: a next attempt finds it. */
export function overtaken(error: unknown): unknown {
  return isUniqueViolation(error, 'cart_active_of_member') ? new ConcurrentChange() : error;
}
