import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { principal } from '#kernel/core';
import { vouched } from '#kernel/messages';
import { GetProduct } from './contracts/get-product.js';
import type { Product } from './contracts/product.js';
import { Products } from './products.js';

@QueryHandler(GetProduct)
export class GetProductHandler implements IQueryHandler<GetProduct> {
  constructor(private readonly products: Products) {}

  async execute({ idOrHandle }: GetProduct) {
    const product = await this.products.written(idOrHandle);
    if (product && (product.status === 'published' || principal().permissions.includes('catalog.write')))
      return vouched<Product>(product.json, { status: product.status, version: product.version });
    throw GetProduct.failure('catalog.product_not_found');
  }
}
