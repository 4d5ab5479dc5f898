import { anyone, query, text } from '#kernel/messages';
import * as z from 'zod';
import { exampleProduct, Product } from './product.js';

export const productNotFound = {
  'catalog.product_not_found': { status: 404, message: 'There is no such product.' },
} as const;

/** One product, by id or handle. Drafts and archived ones are found by holders of `catalog.write` alone. */
export class GetProduct extends query('catalog.get-product.v1', {
  access: anyone,
  input: z.object({ idOrHandle: text().min(1).max(255) }),
  output: Product,
  errors: productNotFound,
  example: { input: { idOrHandle: exampleProduct.handle }, output: exampleProduct },
}) {}
