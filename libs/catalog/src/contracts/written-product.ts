import { Currency, text } from '#kernel/messages';
import * as z from 'zod';
import { ImportedProduct } from './imported-product.js';

const { handle, title, description, category, vendor, tags, options, variants, images } = ImportedProduct.shape;
const variant = variants.element.shape;

/** A variant as a shopkeeper writes it: its id is the shop's, its title its options'. */
const WrittenVariant = z.object({
  sku: variant.sku,
  price: variant.price,
  compareAtPrice: variant.compareAtPrice.default(null),
  /** One value for each of the product's options, in their order. */
  options: variant.options.default([]),
  barcode: variant.barcode.default(null),
  grams: variant.grams.default(null),
  image: variant.image.default(null),
  /** The stock that a new variant begins with; of one that is in the shop, inventory knows better. */
  inventoryQuantity: variant.inventoryQuantity.default(null),
});

/** In the order in which they are shown. */
const WrittenImages = z
  .array(images.element.pick({ src: true }).extend({ alt: images.element.shape.alt.default(null) }))
  .max(250);
const WrittenVariants = z.array(WrittenVariant).min(1).max(2000);

/** What a new product is told. */
export const newProduct = {
  handle: handle.optional(),
  title,
  description: description.default(''),
  category: category.default(null),
  vendor: vendor.default(null),
  tags: tags.default([]),
  options: options.default([]),
  variants: WrittenVariants,
  images: WrittenImages.default([]),
};

/** A JSON merge patch (RFC 7396) of a product: what is missing stays, null empties, lists are replaced as a whole. */
export const productPatch = {
  handle: handle.optional(),
  title: title.optional(),
  description: description.nullable().optional(),
  category: category.optional(),
  vendor: vendor.optional(),
  tags: tags.nullable().optional(),
  options: options.nullable().optional(),
  variants: WrittenVariants.optional(),
  images: WrittenImages.nullable().optional(),
};
export type ProductPatch = z.output<z.ZodObject<typeof productPatch>>;

/** How what was written may not fit: to itself, or to the rest of the shop. */
export const writingErrors = {
  'catalog.options_inconsistent': {
    status: 422,
    message: 'The options and the variants of the product do not fit each other.',
    details: z.object({ problems: z.array(z.object({ pointer: text(), message: text() })) }),
  },
  'catalog.currency_differs': {
    status: 422,
    message: 'A price is in another currency than the shop’s.',
    details: z.object({ currency: Currency, problems: z.array(z.object({ pointer: text(), message: text() })) }),
  },
  'catalog.sku_repeated': {
    status: 422,
    message: 'A SKU stands in the product more than once.',
    details: z.object({ skus: z.array(text()) }),
  },
  'catalog.sku_taken': {
    status: 409,
    message: 'A SKU belongs to another product.',
    details: z.object({ skus: z.array(text()) }),
  },
  'catalog.handle_taken': {
    status: 409,
    message: 'The handle belongs to another product.',
    details: z.object({ handle: text() }),
  },
} as const;
