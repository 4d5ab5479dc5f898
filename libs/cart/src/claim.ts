import { Injectable } from '@nestjs/common';
import { Ids } from '#kernel/base';
import { Cart } from './cart.js';
import { Carts } from './carts.js';
import { ClaimCart } from './contracts/index.js';

/** How a cart goes to a member once ordering lets nobody else order it (docs/adr/0009). What is done already stays as it is. */
@Injectable()
export class Claim {
  constructor(
    private readonly carts: Carts,
    private readonly ids: Ids,
  ) {}

  /**
   * Answers the cart that the member goes on with, and the claimed one, which may be the same. `member` null: its owner.
   * @throws cart.not_found, cart.not_active, ordering.cart_has_order
   */
  async settle(cartId: string, member: string | null): Promise<{ cart: Cart; claimed: Cart }> {
    const { cart: claimed, active } = await this.carts.lockBoth(cartId, member);
    if (!claimed) throw ClaimCart.failure('cart.not_found');
    const { owner, status, orderId, mergedInto } = claimed.state;
    if (claimed.belongsToMember) {
      if (owner !== (member ?? owner)) throw ClaimCart.failure('cart.not_found');
      if (mergedInto) return { cart: (await this.carts.find(mergedInto))!, claimed };
      if (status !== 'abandoned') return { cart: claimed, claimed };
      return this.merge(active ?? Cart.create(this.ids.next(), owner), claimed);
    }
    if (orderId) throw ClaimCart.failure('ordering.cart_has_order', { orderId });
    if (status !== 'active' || !member) throw ClaimCart.failure('cart.not_active');
    if (active) return this.merge(active, claimed);
    claimed.handOver(member);
    await this.carts.save(claimed);
    return { cart: claimed, claimed };
  }

  private async merge(cart: Cart, claimed: Cart): Promise<{ cart: Cart; claimed: Cart }> {
    cart.takeIn(claimed);
    await this.carts.save(cart);
    await this.carts.save(claimed);
    return { cart, claimed };
  }
}
