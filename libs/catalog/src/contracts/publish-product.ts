import { command, permission } from '#kernel/messages';
import { GetProduct, productNotFound } from './get-product.js';
import { exampleProduct, Product } from './product.js';

const declaration = {
  access: permission('catalog.write'),
  input: GetProduct.input,
  output: Product,
  errors: productNotFound,
} as const;
const input = { idOrHandle: exampleProduct.handle };

/** Puts a product into the shop, a draft or an archived one. Again is fine. */
export class PublishProduct extends command('catalog.publish-product.v1', {
  ...declaration,
  example: { input, output: exampleProduct },
}) {}

/** Takes a product out of the shop: nobody sees or buys it any more, and it can be published again. Again is fine. */
export class ArchiveProduct extends command('catalog.archive-product.v1', {
  ...declaration,
  example: { input, output: { ...exampleProduct, version: '4.1', status: 'archived' } },
}) {}
