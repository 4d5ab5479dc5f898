import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { Carts, own } from './carts.js';
import { Catalog } from './catalog.js';
import { GetCart } from './contracts/index.js';
import { priced } from './priced.js';

@QueryHandler(GetCart)
export class GetCartHandler implements IQueryHandler<GetCart> {
  constructor(
    private readonly carts: Carts,
    private readonly catalog: Catalog,
  ) {}

  async execute({ id }: GetCart) {
    const { state } = own(await this.carts.find(id));
    const offers = await this.catalog.offers(state.lines.map(({ sku }) => sku));
    return priced(state, offers);
  }
}
