import { command, permission } from '#kernel/messages';
import * as z from 'zod';
import { exampleProduct, Product } from './product.js';
import { newProduct, writingErrors } from './written-product.js';

const { sku, price, options, compareAtPrice } = exampleProduct.variants[0]!;

/** A new product, a draft. Without a handle it gets one from its title. */
export class CreateProduct extends command('catalog.create-product.v1', {
  access: permission('catalog.write'),
  input: z.object(newProduct),
  output: Product,
  errors: writingErrors,
  example: {
    input: {
      title: exampleProduct.title,
      category: exampleProduct.category,
      vendor: exampleProduct.vendor,
      tags: exampleProduct.tags,
      options: exampleProduct.options,
      variants: [{ sku, price, compareAtPrice, options, inventoryQuantity: 12 }],
    },
    output: { ...exampleProduct, version: '1.0', status: 'draft' },
  },
}) {}
