import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { GetCurrency, GetOffers } from '#catalog/contracts';
import { Offers } from './offers.js';

/** The other context, as far as a cart needs it. */
@Injectable()
export class Catalog {
  constructor(private readonly queries: QueryBus) {}

  /** One question, however many SKUs; one more where none of them is offered. */
  async offers(skus: readonly string[]): Promise<Offers> {
    const asked = new Set(skus);
    const offers = asked.size === 0 ? [] : (await this.queries.execute(new GetOffers({ skus: [...asked] }))).offers;
    const bySku = new Map(offers.map((offer) => [offer.sku, offer]));
    const first = [...asked].find((sku) => bySku.has(sku));
    const currency = first === undefined ? await this.currency() : bySku.get(first)!.price.currency;
    return new Offers(asked, bySku, currency);
  }

  private async currency(): Promise<string> {
    return (await this.queries.execute(new GetCurrency({}))).currency;
  }
}
