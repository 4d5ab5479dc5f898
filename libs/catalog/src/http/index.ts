import { Module } from '@nestjs/common';
import { ProductImport } from './product-import.js';
import { ProductsController } from './products.controller.js';

@Module({ controllers: [ProductsController], providers: [ProductImport] })
export class CatalogHttpModule {}
