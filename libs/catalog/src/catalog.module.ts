import { Module } from '@nestjs/common';
import { context } from '#kernel';
import { CatalogTables1760000000000 } from '#migrations/catalog/tables.js';
import { Availability } from './availability.subscriber.js';
import { GetOffersHandler } from './get-offers.handler.js';
import { GetProductHandler } from './get-product.handler.js';
import { ImportProductsHandler } from './import-products.handler.js';
import { ListProductsHandler } from './list-products.handler.js';
import { ProductImports } from './product-imports.js';

@Module({
  imports: [context('catalog', { migrations: [CatalogTables1760000000000] })],
  providers: [
    ProductImports,
    ImportProductsHandler,
    ListProductsHandler,
    GetProductHandler,
    GetOffersHandler,
    Availability,
  ],
})
export class CatalogModule {}
