import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock, Ids } from '#kernel/base';
import { ArchiveProduct } from './contracts/publish-product.js';
import { Products } from './products.js';

@CommandHandler(ArchiveProduct)
export class ArchiveProductHandler implements ICommandHandler<ArchiveProduct> {
  constructor(
    private readonly products: Products,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  async execute({ idOrHandle }: ArchiveProduct) {
    const found = await this.products.open(idOrHandle);
    if (!found) throw ArchiveProduct.failure('catalog.product_not_found');
    found.product.become('archived', this.ids, this.clock.instant());
    await this.products.save(found.product);
    return found.product.document;
  }
}
