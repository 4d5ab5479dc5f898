import { anyone, query, text } from '#kernel/messages';
import * as z from 'zod';

/**
 * The categories of published products and all that stand above them, by name. `products` is how many `ListProducts`
 * shows for the name. Of more than 2,000 categories, the 2,000 with the most products count.
 */
export class ListCategories extends query('catalog.list-categories.v1', {
  access: anyone,
  input: z.object({}),
  output: z.object({ items: z.array(z.object({ name: text(), products: z.int() })) }),
  example: {
    input: {},
    output: {
      items: [
        { name: 'Sporting Goods', products: 42 },
        { name: 'Sporting Goods > Outdoor Recreation', products: 42 },
      ],
    },
  },
}) {}
