import { command, permission, text } from '#kernel/messages';
import * as z from 'zod';
import { ImportedProduct } from './imported-product.js';

/** Creates products, or brings them up to the file by their handle. What is as the file says stays untouched. */
export class ImportProducts extends command('catalog.import-products.v1', {
  access: permission('catalog.write'),
  input: z.object({ products: z.array(ImportedProduct).min(1).max(100) }),
  output: z.object({
    created: z.int(),
    updated: z.int(),
    unchanged: z.int(),
    rejected: z.array(z.object({ handle: text(), code: text(), message: text() })),
  }),
}) {}
