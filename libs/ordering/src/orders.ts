import { Injectable } from '@nestjs/common';
import { Database, Recent, Repository, sql } from '#kernel/core';
import { isSettled, Order, type OrderState } from './order.js';
import { Settling } from './settling.js';

const columns = sql`id, number, cart_id as "cartId", owner, email, shipping_address as "shippingAddress", lines, total, status, stock, payment, missing, shipment, history, created_at as "createdAt"`;

const json = (value: unknown): string => JSON.stringify(value);

@Injectable()
export class Orders extends Repository<Order> {
  private readonly recent = new Recent<{ state: OrderState; version: number }>(this.database);

  constructor(
    database: Database,
    private readonly settling: Settling,
  ) {
    super(database);
  }

  /** The order to be changed. Who else changes it meanwhile lets the other begin anew. */
  async load(id: string): Promise<Order | undefined> {
    const row = await this.database.glance<OrderState & { version: number }>(
      sql`select ${columns}, version from orders where id = ${id}`,
    );
    if (!row) return undefined;
    const { version, ...state } = row;
    return new Order(state, version);
  }

  /** As `load`, perhaps as this process wrote it a moment ago: for who saves the order, whatever becomes of it. */
  async recall(id: string): Promise<Order | undefined> {
    const known = this.recent.take(id);
    return known ? new Order(known.state, known.version) : this.load(id);
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
  protected async store({ state, version }: Order): Promise<void> {
    const { id, status, stock, payment, missing, shipment, history } = state;
    this.recent.keep(id, { state, version: version + 1 });
    if (isSettled(state)) this.database.currentTransaction()!.afterCommit.push(() => this.settling.tell(state));
    if (version > 0) {
      await this.database.change(sql`
        update orders set status = ${status}, stock = ${stock}, payment = ${json(payment)}, missing = ${json(missing)},
          shipment = ${shipment && json(shipment)}, history = ${json(history)}, version = version + 1
        where id = ${id} and version = ${version}`);
      return;
    }
    const { number, cartId, owner, email, shippingAddress, lines, total, createdAt } = state;
    await this.database.write(sql`
      insert into orders (id, number, cart_id, owner, email, shipping_address, lines, total, status, stock, payment, missing, history, created_at)
      values (${id}, ${number}, ${cartId}, ${owner}, ${email}, ${json(shippingAddress)}, ${json(lines)}, ${json(total)}, ${status}, ${stock},
        ${json(payment)}, ${json(missing)}, ${json(history)}, ${createdAt})`);
  }
}
