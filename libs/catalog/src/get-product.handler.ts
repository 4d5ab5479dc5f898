import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { principal } from '#kernel';
import { GetProduct } from './contracts/get-product.js';
import { Products } from './products.js';

@QueryHandler(GetProduct)
export class GetProductHandler implements IQueryHandler<GetProduct> {
  constructor(private readonly products: Products) {}

  async execute({ idOrHandle }: GetProduct) {
    const product = await this.products.find(idOrHandle);
    if (product && (product.status === 'published' || principal().permissions.includes('catalog.write')))
      return product;
    throw GetProduct.failure('catalog.product_not_found');
  }
}
