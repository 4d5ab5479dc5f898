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
    /** The ETag without its quotes. Before the point: how often it was written; after it: how often its stock showed another face. */
    version: text().meta({ examples: ['3.1'] }),
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

export const exampleProduct: Product = {
  id: '0199f3a2-7c1e-7abc-8def-0123456789ab',
  version: '3.1',
  handle: 'ridge-40-backpack',
  title: 'Ridge 40 Backpack',
  description: '<p>Forty litres for three days above the tree line.</p>',
  status: 'published',
  category: 'Sporting Goods > Outdoor Recreation > Camping & Hiking',
  vendor: 'Northward',
  tags: ['backpack', 'hiking'],
  options: [{ name: 'Colour', values: ['Moss'] }],
  variants: [
    {
      id: '0199f3a2-7c1e-7abd-8def-0123456789ac',
      sku: 'NW-RIDGE-40-MOSS',
      title: 'Moss',
      options: ['Moss'],
      price: { amount: 14990, currency: 'EUR' },
      compareAtPrice: { amount: 17990, currency: 'EUR' },
      barcode: '4006381333931',
      grams: 1350,
      image: 'https://images.example.com/ridge-40-moss.jpg',
      available: true,
    },
  ],
  images: [{ src: 'https://images.example.com/ridge-40-moss.jpg', alt: 'Ridge 40, Moss', position: 1 }],
  createdAt: '2026-01-31T12:00:00.000Z',
  updatedAt: '2026-02-02T09:30:00.000Z',
};
