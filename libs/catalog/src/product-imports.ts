import { Injectable } from '@nestjs/common';
import { Database, Repository } from '#kernel/core';
import type { ImportedProduct } from './contracts/imported-product.js';
import { ProductImport } from './product-import.js';
import { Products } from './products.js';
import { ShopCurrency } from './shop-currency.js';

@Injectable()
export class ProductImports extends Repository<ProductImport> {
  constructor(
    database: Database,
    private readonly products: Products,
    private readonly currency: ShopCurrency,
  ) {
    super(database);
  }

  async open(imported: readonly ImportedProduct[]): Promise<ProductImport> {
    await this.products.takeTurn();
    const handles = imported.map(({ handle }) => handle);
    const skus = imported.flatMap(({ variants }) => variants.map(({ sku }) => sku));
    const { products, owners } = await this.products.lock(handles, skus);
    return new ProductImport(products, owners, await this.currency.current());
  }

  protected store({ changed }: ProductImport): Promise<void> {
    return this.products.storeAll(changed);
  }
}
