import { Money, text } from '#kernel/messages';
import * as z from 'zod';

/**
 * The last part of a product's address. Letters of any script without case, or in lower case; marks are vowels in
 * Thai and Devanagari, and ™ ® © are what shops keep from a brand's name.
 */
const Handle = z
  .string()
  .max(255)
  .regex(
    /^[\p{Ll}\p{Lo}\p{N}][\p{Ll}\p{Lo}\p{Lm}\p{M}\p{N}™®©_-]*$/u,
    'must be lower-case letters, digits, hyphens and underscores, and begin with a letter or digit',
  );

const name = text().min(1).max(255);
const price = Money.extend({ amount: z.int().min(0) });
const count = z.int().min(0).max(2_147_483_647);
const url = z
  .string()
  .max(2048)
  .regex(/^https?:\/\/[^\s\0]+$/u, 'must be an http or https address');

/** A product as an import file describes it, whatever the file's format: the shape that importers hand to the catalog. */
export const ImportedProduct = z.object({
  handle: Handle,
  title: name,
  /** HTML exactly as the file gives it: not sanitised, and perhaps empty. */
  description: text().max(524_288),
  status: z.enum(['published', 'draft', 'archived']),
  category: text().min(1).max(500).nullable(),
  vendor: name.nullable(),
  tags: z.array(name).max(250),
  /** Empty for a product without a choice. Values stand in the order in which the variants first use them. */
  options: z.array(z.object({ name, values: z.array(name).min(1).max(2000) })).max(3),
  variants: z
    .array(
      z.object({
        sku: name,
        /** The option values joined by " / "; "Default" for a product without options. */
        title: text().min(1).max(771),
        /** One value for each of the product's options, in their order. */
        options: z.array(name).max(3),
        price,
        compareAtPrice: price.nullable(),
        barcode: name.nullable(),
        grams: count.nullable(),
        /** Null where the file says nothing about stock. */
        inventoryQuantity: count.nullable(),
        image: url.nullable(),
      }),
    )
    .min(1)
    .max(2000),
  /** In the order in which they are shown. */
  images: z.array(z.object({ src: url, alt: text().min(1).max(1000).nullable(), position: count })).max(250),
});
export type ImportedProduct = z.infer<typeof ImportedProduct>;
