import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock, Ids } from '#kernel/base';
import { EditProduct } from './contracts/edit-product.js';
import { currencyProblems } from './currency-fit.js';
import { Products } from './products.js';
import { ShopCurrency } from './shop-currency.js';
import { optionProblems, repeatedSkus } from './written-fit.js';

@CommandHandler(EditProduct)
export class EditProductHandler implements ICommandHandler<EditProduct> {
  constructor(
    private readonly products: Products,
    private readonly currency: ShopCurrency,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  async execute({ idOrHandle, ifMatch, ...patch }: EditProduct) {
    const skus = (patch.variants ?? []).map(({ sku }) => sku);
    const found = await this.products.open(idOrHandle, skus);
    if (!found) throw EditProduct.failure('catalog.product_not_found');
    const { product, owners } = found;
    const { handle } = product.document;
    if (ifMatch && !product.isOneOf(ifMatch)) throw EditProduct.failure('catalog.product_changed');

    const repeated = repeatedSkus(patch.variants ?? []);
    if (repeated.length > 0) throw EditProduct.failure('catalog.sku_repeated', { skus: repeated });
    const currency = await this.currency.current();
    const foreign = currencyProblems(patch.variants ?? [], currency);
    if (foreign.length > 0) throw EditProduct.failure('catalog.currency_differs', { currency, problems: foreign });
    const taken = skus.filter((sku) => (owners.get(sku) ?? handle) !== handle);
    if (taken.length > 0) throw EditProduct.failure('catalog.sku_taken', { skus: taken });
    if (patch.handle !== undefined && patch.handle !== handle && (await this.products.taken([patch.handle])).size > 0)
      throw EditProduct.failure('catalog.handle_taken', { handle: patch.handle });

    product.edit(patch, this.ids, this.clock.instant());
    // An import may have brought what would not be taken here: it stands in nobody's way who changes something else.
    const problems = patch.options !== undefined || patch.variants ? optionProblems(product.document) : [];
    if (problems.length > 0) throw EditProduct.failure('catalog.options_inconsistent', { problems });
    await this.products.save(product);
    return product.document;
  }
}
