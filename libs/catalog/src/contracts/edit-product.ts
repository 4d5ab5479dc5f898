import { command, permission, text } from '#kernel/messages';
import * as z from 'zod';
import { GetProduct, productNotFound } from './get-product.js';
import { exampleProduct, Product } from './product.js';
import { productPatch, writingErrors } from './written-product.js';

/**
 * Changes what the patch names. A variant that keeps its SKU keeps its id. `ifMatch` are the versions that the writer may
 * have read: of any of them it is written, of none it is refused. Stock that changed since does not count.
 */
export class EditProduct extends command('catalog.edit-product.v1', {
  access: permission('catalog.write'),
  input: z.object({
    ...GetProduct.input.shape,
    ifMatch: z.array(text().max(100)).max(100).optional(),
    ...productPatch,
  }),
  output: Product,
  errors: {
    ...productNotFound,
    ...writingErrors,
    'catalog.product_changed': { status: 412, message: 'The product is not the one that was read: read it again.' },
  },
  example: {
    input: { idOrHandle: exampleProduct.handle, ifMatch: ['2.1'], vendor: 'Northward', description: null },
    output: { ...exampleProduct, description: '' },
  },
}) {}
