import { Module } from '@nestjs/common';
import { CategoriesController } from './categories.controller.js';
import { ProductImport } from './product-import.js';
import { ProductsController } from './products.controller.js';

export { demoCatalogue } from './demo-catalogue.js';

@Module({ controllers: [ProductsController, CategoriesController], providers: [ProductImport] })
export class CatalogHttpModule {}
