import { Module } from '@nestjs/common';
import { context } from '#kernel/core';
import { EditingAndSearch1763700000000 } from '#migrations/catalog/editing-and-search.js';
import { CatalogProductShelf1763900000000 } from '#migrations/catalog/product-shelf.js';
import { CatalogProductVersion1763800000000 } from '#migrations/catalog/product-version.js';
import { CatalogShopCurrency1764000000000 } from '#migrations/catalog/shop-currency.js';
import { CatalogTables1760000000000 } from '#migrations/catalog/tables.js';
import { ArchiveProductHandler } from './archive-product.handler.js';
import { Availability } from './availability.subscriber.js';
import { CatalogSettings } from './catalog-settings.js';
import { CreateProductHandler } from './create-product.handler.js';
import { EditProductHandler } from './edit-product.handler.js';
import { GetCurrencyHandler } from './get-currency.handler.js';
import { GetOffersHandler } from './get-offers.handler.js';
import { GetProductHandler } from './get-product.handler.js';
import { ImportProductsHandler } from './import-products.handler.js';
import { ListCategoriesHandler } from './list-categories.handler.js';
import { ListProductsHandler } from './list-products.handler.js';
import { ProductImports } from './product-imports.js';
import { ProductSearch } from './product-search.js';
import { Products } from './products.js';
import { PublishProductHandler } from './publish-product.handler.js';
import { ShopCurrency } from './shop-currency.js';

@Module({
  imports: [
    context('catalog', {
      migrations: [
        CatalogTables1760000000000,
        EditingAndSearch1763700000000,
        CatalogProductVersion1763800000000,
        CatalogProductShelf1763900000000,
        CatalogShopCurrency1764000000000,
      ],
      settings: CatalogSettings,
    }),
  ],
  providers: [
    ShopCurrency,
    Products,
    ProductImports,
    ProductSearch,
    ImportProductsHandler,
    CreateProductHandler,
    EditProductHandler,
    PublishProductHandler,
    ArchiveProductHandler,
    ListProductsHandler,
    GetProductHandler,
    ListCategoriesHandler,
    GetOffersHandler,
    GetCurrencyHandler,
    Availability,
  ],
})
export class CatalogModule {}
