import { Money, text, Uuid } from '#kernel/messages';
import * as z from 'zod';

export const Sku = text()
  .min(1)
  .max(255)
  .meta({ description: 'Stock keeping unit: names one variant, unique in the shop.', examples: ['ALPINE-MUG-BLUE'] });

export const Variant = z.object({
  id: Uuid,
  sku: Sku,
  title: text(),
  /** The variant's value of each of the product's options, in their order. */
  options: z.array(text()),
  price: Money,
  compareAtPrice: Money.nullable(),
  barcode: text().nullable(),
  grams: z.int().nullable(),
  image: text().nullable(),
  /** There is stock to be had. It follows the stock within moments; checkout decides. */
  available: z.boolean(),
});

/** A product as the shop shows it. */
export const Product = z
  .object({
    id: Uuid,
    handle: text(),
    title: text(),
    description: text(),
    status: z.enum(['draft', 'published', 'archived']),
    category: text().nullable(),
    vendor: text().nullable(),
    tags: z.array(text()),
    options: z.array(z.object({ name: text(), values: z.array(text()) })),
    variants: z.array(Variant),
    images: z.array(z.object({ src: text(), alt: text().nullable(), position: z.int() })),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Product' });
export type Product = z.infer<typeof Product>;
