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
    rejected: z.array(z.object({ handle: text(), code: text(), message: text(), pointer: text().optional() })),
  }),
  example: {
    input: {
      products: [
        {
          handle: 'wool-cap',
          title: 'Wool Cap',
          description: '<p>Warm.</p>',
          status: 'published',
          category: 'Clothing > Hats',
          vendor: 'Nordhal',
          tags: ['wool', 'winter'],
          options: [{ name: 'Size', values: ['M'] }],
          variants: [
            {
              sku: 'CAP-M',
              title: 'M',
              options: ['M'],
              price: { amount: 2990, currency: 'EUR' },
              compareAtPrice: null,
              barcode: null,
              grams: 120,
              inventoryQuantity: 10,
              image: null,
            },
          ],
          images: [{ src: 'https://images.example.com/cap.jpg', alt: null, position: 1 }],
        },
      ],
    },
    output: { created: 1, updated: 0, unchanged: 0, rejected: [] },
  },
}) {}
