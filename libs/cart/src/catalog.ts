import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { GetOffers } from '#catalog/contracts';
import { Offers } from './offers.js';

/** The other context, as far as a cart needs it. */
@Injectable()
export class Catalog {
  constructor(private readonly queries: QueryBus) {}

  /** One question, however many SKUs. */
  async offers(skus: readonly string[]): Promise<Offers> {
    const asked = new Set(skus);
    if (asked.size === 0) return new Offers(asked, new Map());
    const { offers } = await this.queries.execute(new GetOffers({ skus: [...asked] }));
    return new Offers(asked, new Map(offers.map((offer) => [offer.sku, offer])));
  }
}
