import { anyone, query, text } from '#kernel/messages';
import * as z from 'zod';
import { Product } from './product.js';

/** Published products, newest first, a page at a time. A walk by `cursor` meets every product once while others are added. */
export class ListProducts extends query('catalog.list-products.v1', {
  access: anyone,
  input: z.object({ limit: z.int().min(1).max(100).default(20), cursor: text().max(200).optional() }),
  output: z.object({ items: z.array(Product), nextCursor: text().nullable() }),
  errors: {
    'catalog.cursor_invalid': { status: 422, message: 'This cursor is none of ours: use a nextCursor as it came.' },
  },
}) {}
