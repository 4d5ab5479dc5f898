import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock, Ids } from '#kernel/base';
import { ImportProducts } from './contracts/import-products.js';
import { ProductImports } from './product-imports.js';

@CommandHandler(ImportProducts)
export class ImportProductsHandler implements ICommandHandler<ImportProducts> {
  constructor(
    private readonly imports: ProductImports,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  async execute({ products }: ImportProducts) {
    const productImport = await this.imports.open(products);
    for (const product of products) productImport.bring(product, this.ids, this.clock.instant());
    await this.imports.save(productImport);
    return productImport.report;
  }
}
