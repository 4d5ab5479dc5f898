import { anyone, query, text } from '#kernel/messages';
import * as z from 'zod';
import { Product } from './product.js';

/** One product, by id or handle. Drafts and archived ones are found by holders of `catalog.write` alone. */
export class GetProduct extends query('catalog.get-product.v1', {
  access: anyone,
  input: z.object({ idOrHandle: text().min(1).max(255) }),
  output: Product,
  errors: { 'catalog.product_not_found': { status: 404, message: 'There is no such product.' } },
}) {}
