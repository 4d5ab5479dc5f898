import { anyone, Money, query, text, Uuid } from '#kernel/messages';
import * as z from 'zod';
import { Sku } from './product.js';

/**
 * What a variant costs now. SKUs that nobody can buy (unknown, draft, archived, priced in
 * another currency than the shop's) are missing from the answer.
 */
export class GetOffers extends query('catalog.get-offers.v1', {
  access: anyone,
  input: z.object({ skus: z.array(Sku).max(500) }),
  output: z.object({
    offers: z.array(z.object({ sku: Sku, productId: Uuid, variantId: Uuid, title: text(), price: Money })),
  }),
  example: {
    input: { skus: ['NW-RIDGE-40-MOSS', 'SOLD-NO-MORE'] },
    output: {
      offers: [
        {
          sku: 'NW-RIDGE-40-MOSS',
          productId: '0199f3a2-7c1e-7abc-8def-0123456789ab',
          variantId: '0199f3a2-7c1e-7abd-8def-0123456789ac',
          title: 'Ridge 40 Backpack / Moss',
          price: { amount: 14990, currency: 'EUR' },
        },
      ],
    },
  },
}) {}
