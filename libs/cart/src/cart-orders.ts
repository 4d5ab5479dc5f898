import { Ids } from '#kernel/base';
import { On, Subscriber } from '#kernel/core';
import { OrderExpired, OrderPlaced, OrderRejected } from '#ordering/contracts';
import { Cart } from './cart.js';
import { Carts } from './carts.js';

/** Closes a cart while it is an order, and opens it again when the order comes to nothing. `earliest` hears of carts that may be gone by now. */
@Subscriber('cart.orders', { from: 'earliest' })
export class CartOrders {
  constructor(
    private readonly carts: Carts,
    private readonly ids: Ids,
  ) {}

  @On(OrderPlaced)
  async placed({ cartId, orderId, lines }: OrderPlaced) {
    const cart = await this.carts.recall(cartId);
    if (!cart) return;
    const late = cart.checkOut(orderId, lines);
    await this.carts.save(cart);
    if (late.length > 0) await this.carts.save(Cart.create(this.ids.next(), cart.state.owner, late));
  }

  @On(OrderRejected)
  rejected({ cartId, orderId }: OrderRejected) {
    return this.reopen(cartId, orderId);
  }

  @On(OrderExpired)
  expired({ cartId, orderId }: OrderExpired) {
    return this.reopen(cartId, orderId);
  }

  private async reopen(cartId: string, orderId: string): Promise<void> {
    const { cart, active } = await this.carts.lockBoth(cartId, null);
    if (!cart) return;
    cart.reopen(orderId, active);
    if (active) await this.carts.save(active); // first: one active cart at a time
    await this.carts.save(cart);
  }
}
