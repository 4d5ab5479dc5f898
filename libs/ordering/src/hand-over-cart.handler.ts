import { Database, send, sql } from '#kernel/core';
import { TakeOverCart } from '#cart/contracts';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { HandOverCart } from './contracts/index.js';
import { Orders } from './orders.js';

/**
 * Decides between a cart's checkout and its being handed over (docs/adr/0009): the lock is the one that every new order
 * of the cart takes in the trigger `cart_owner`, so each sees what the other has done.
 */
@CommandHandler(HandOverCart)
export class HandOverCartHandler implements ICommandHandler<HandOverCart> {
  constructor(
    private readonly database: Database,
    private readonly orders: Orders,
  ) {}

  async execute({ cartId, owner }: HandOverCart) {
    await this.database.query(sql`select pg_advisory_xact_lock(hashtextextended(${cartId}::uuid::text, 0))`);
    const orderId = await this.orders.liveOrderOf(cartId);
    if (orderId) return { orderId, owner: null };
    const row = await this.database.one<{ owner: string | null }>(sql`
      insert into cart_owner (cart_id, owner) values (${cartId}, ${owner})
      on conflict (cart_id) do update set owner = case when excluded.owner is null then null else cart_owner.owner end
      returning owner`);
    if (row!.owner === owner) send(new TakeOverCart({ cartId, owner }));
    return { orderId: null, owner: row!.owner };
  }
}
