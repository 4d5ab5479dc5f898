import { anyone, query, text } from '#kernel/messages';
import * as z from 'zod';
import { exampleProduct, Product } from './product.js';

/**
 * Products, newest first, a page at a time. A walk by `cursor` meets every product once while others are added or changed.
 * With `query` the best match is first: among the newest 500 that match, then among the 500 before them, and so on.
 */
export class ListProducts extends query('catalog.list-products.v1', {
  access: anyone,
  input: z.object({
    query: text().max(200).optional().meta({
      description:
        'Words of the title, category, vendor, tags, SKUs or description; the last may be the beginning of one. "two words" in their order, -without, this or that.',
    }),
    category: text()
      .min(1)
      .max(500)
      .optional()
      .meta({
        description: 'The category, with all below it.',
        examples: ['Apparel & Accessories > Clothing'],
      }),
    status: z.enum(['published', 'draft', 'archived']).default('published').meta({
      description: 'Others than published ones are for holders of `catalog.write`.',
    }),
    limit: z.int().min(1).max(100).default(20),
    cursor: text()
      .max(200)
      .optional()
      .meta({ description: 'The `nextCursor` of the page before.', examples: ['AZnzonwefqvN7wEjRWeJqw'] }),
  }),
  output: z.object({ items: z.array(Product), nextCursor: text().nullable() }),
  errors: {
    'catalog.cursor_invalid': {
      status: 422,
      message: 'This cursor is none of ours, or another question’s: use a nextCursor as it came.',
    },
  },
  example: {
    input: { query: 'backpack', limit: 1 },
    output: { items: [exampleProduct], nextCursor: 'AZnzonwefqvN7wEjRWeJqw' },
  },
}) {}
