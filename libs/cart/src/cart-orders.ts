import { On, Subscriber } from '#kernel';
import { OrderExpired, OrderPlaced, OrderRejected } from '#ordering/contracts';
import type { Cart } from './cart.js';
import { Carts } from './carts.js';

/** Closes a cart while it is an order, and opens it again when the order comes to nothing. */
@Subscriber('cart.orders', { from: 'earliest' })
export class CartOrders {
  constructor(private readonly carts: Carts) {}

  @On(OrderPlaced)
  placed({ cartId, orderId }: OrderPlaced) {
    return this.change(cartId, (cart) => cart.checkOut(orderId));
  }

  @On(OrderRejected)
  rejected({ cartId, orderId }: OrderRejected) {
    return this.change(cartId, (cart) => cart.reopen(orderId));
  }

  @On(OrderExpired)
  expired({ cartId, orderId }: OrderExpired) {
    return this.change(cartId, (cart) => cart.reopen(orderId));
  }

  private async change(cartId: string, change: (cart: Cart) => void): Promise<void> {
    const cart = await this.carts.lock(cartId);
    if (!cart) return; // `earliest` hears of orders whose carts may be gone by now
    change(cart);
    await this.carts.save(cart);
  }
}
