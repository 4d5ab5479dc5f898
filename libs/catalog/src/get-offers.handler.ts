import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { Database, sql } from '#kernel/core';
import { GetOffers } from './contracts/get-offers.js';
import { ShopCurrency } from './shop-currency.js';

interface OfferRow {
  readonly sku: string;
  readonly productId: string;
  readonly variantId: string;
  readonly title: string;
  readonly amount: number;
  readonly currency: string;
}

@QueryHandler(GetOffers)
export class GetOffersHandler implements IQueryHandler<GetOffers> {
  constructor(
    private readonly database: Database,
    private readonly currency: ShopCurrency,
  ) {}

  async execute({ skus }: GetOffers) {
    const shopCurrency = await this.currency.current();
    // The inner array hides its length from the planner, which else would plan anew for each; the limit keeps to the indexes.
    const rows = await this.database.query<OfferRow>(sql`
      select offer.* from unnest(array(select unnest(${[...new Set(skus)]}::text[]))) wanted cross join lateral (
        select sku, product_id as "productId", variant.id as "variantId", title, price_amount as amount, price_currency as currency
        from variant join product on product.id = product_id
        where sku = wanted and status = 'published' and price_currency = ${shopCurrency} limit 1
      ) offer`);
    return { offers: rows.map(({ amount, currency, ...offer }) => ({ ...offer, price: { amount, currency } })) };
  }
}
