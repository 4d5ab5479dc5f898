import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { Carts } from './carts.js';
import { GetCartForCheckout } from './contracts/index.js';

@QueryHandler(GetCartForCheckout)
export class GetCartForCheckoutHandler implements IQueryHandler<GetCartForCheckout> {
  constructor(private readonly carts: Carts) {}

  async execute({ id }: GetCartForCheckout) {
    const cart = await this.carts.find(id);
    if (!cart) throw GetCartForCheckout.failure('cart.not_found');
    return cart.state;
  }
}
