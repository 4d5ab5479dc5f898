import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock, Ids } from '#kernel/base';
import { PublishProduct } from './contracts/publish-product.js';
import { Products } from './products.js';

@CommandHandler(PublishProduct)
export class PublishProductHandler implements ICommandHandler<PublishProduct> {
  constructor(
    private readonly products: Products,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  async execute({ idOrHandle }: PublishProduct) {
    const found = await this.products.open(idOrHandle);
    if (!found) throw PublishProduct.failure('catalog.product_not_found');
    found.product.become('published', this.ids, this.clock.instant());
    await this.products.save(found.product);
    return found.product.document;
  }
}
