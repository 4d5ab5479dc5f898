import { CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Database, WithoutTransaction } from '#kernel/core';
import { HandOverCart } from '#ordering/contracts';
import { Carts, overtaken, own } from './carts.js';
import { Catalog } from './catalog.js';
import { Claim } from './claim.js';
import { ClaimCart } from './contracts/index.js';
import { member } from './member.js';
import { priced } from './priced.js';

@CommandHandler(ClaimCart)
@WithoutTransaction()
export class ClaimCartHandler implements ICommandHandler<ClaimCart> {
  constructor(
    private readonly commands: CommandBus,
    private readonly database: Database,
    private readonly carts: Carts,
    private readonly claim: Claim,
    private readonly catalog: Catalog,
  ) {}

  async execute({ cartId }: ClaimCart) {
    const { state } = own(await this.carts.find(cartId));
    const owner = member();
    if (!owner) throw ClaimCart.failure('cart.not_found');
    if (state.orderId) throw ClaimCart.failure('ordering.cart_has_order', { orderId: state.orderId });
    if (state.status === 'abandoned') throw ClaimCart.failure('cart.not_active');
    if (state.owner !== owner) await this.winOverCheckout(cartId, owner);
    const active = await (state.mergedInto ? this.carts.find(state.mergedInto) : this.carts.activeOf(owner));
    const offers = await this.catalog.offers([...(active?.state.lines ?? []), ...state.lines].map(({ sku }) => sku));
    return this.database
      .transaction(async () => {
        const { cart, claimed } = await this.claim.settle(cartId, owner);
        const left = cart === claimed ? [] : claimed.state.lines;
        const noRoom = left.map(({ sku, quantity }) => ({ sku, quantity }));
        return { ...priced(cart.state, offers), noRoom };
      })
      .catch((error: unknown) => {
        throw overtaken(error);
      });
  }

  /** Ordering decides which came first: the cart of an order stays as it is, and a cart that was handed over becomes nobody else's order. */
  private async winOverCheckout(cartId: string, owner: string): Promise<void> {
    const decided = await this.commands.execute(new HandOverCart({ cartId, owner }));
    if (decided.orderId) throw ClaimCart.failure('ordering.cart_has_order', { orderId: decided.orderId });
    if (decided.owner !== owner) throw ClaimCart.failure('cart.not_found');
  }
}
