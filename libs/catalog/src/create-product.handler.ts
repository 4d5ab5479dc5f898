import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock, Ids } from '#kernel/base';
import { CreateProduct } from './contracts/create-product.js';
import { currencyProblems } from './currency-fit.js';
import { handlesFor } from './handle.js';
import { placed, Product, titled } from './product.js';
import { Products } from './products.js';
import { ShopCurrency } from './shop-currency.js';
import { optionProblems, repeatedSkus } from './written-fit.js';

@CommandHandler(CreateProduct)
export class CreateProductHandler implements ICommandHandler<CreateProduct> {
  constructor(
    private readonly products: Products,
    private readonly currency: ShopCurrency,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  async execute(command: CreateProduct) {
    const problems = optionProblems(command);
    if (problems.length > 0) throw CreateProduct.failure('catalog.options_inconsistent', { problems });
    const repeated = repeatedSkus(command.variants);
    if (repeated.length > 0) throw CreateProduct.failure('catalog.sku_repeated', { skus: repeated });
    await this.products.takeTurn();
    const currency = await this.currency.current();
    const foreign = currencyProblems(command.variants, currency);
    if (foreign.length > 0) throw CreateProduct.failure('catalog.currency_differs', { currency, problems: foreign });
    const { owners } = await this.products.lock(
      [],
      command.variants.map(({ sku }) => sku),
    );
    if (owners.size > 0) throw CreateProduct.failure('catalog.sku_taken', { skus: [...owners.keys()] });
    const product = Product.create(
      {
        handle: await this.freeHandle(command),
        title: command.title,
        description: command.description,
        status: 'draft',
        category: command.category,
        vendor: command.vendor,
        tags: command.tags,
        options: command.options,
        variants: command.variants.map(titled),
        images: command.images.map(placed),
      },
      this.ids,
      this.clock.instant(),
    );
    await this.products.save(product);
    return product.document;
  }

  private async freeHandle({ handle, title }: CreateProduct): Promise<string> {
    const wanted = handle === undefined ? handlesFor(title, this.ids.next()) : [handle];
    const taken = await this.products.taken(wanted);
    const free = wanted.find((one) => !taken.has(one));
    if (free === undefined) throw CreateProduct.failure('catalog.handle_taken', { handle: wanted[0]! });
    return free;
  }
}
