import type { ImportedProduct } from '../contracts/imported-product.js';

/** Products for specs. */
export const imported = (
  handle: string,
  variants: ImportedProduct['variants'],
  rest: Partial<ImportedProduct> = {},
): ImportedProduct => ({
  handle,
  title: handle,
  description: `<p>${handle}</p>`,
  status: 'published',
  category: null,
  vendor: null,
  tags: ['sample'],
  options: [],
  images: [{ src: 'https://example.com/image.jpg', alt: null, position: 1 }],
  variants,
  ...rest,
});

export const variant = (
  sku: string,
  inventoryQuantity: number | null = null,
  amount = 1200,
): ImportedProduct['variants'][number] => ({
  sku,
  title: sku,
  options: [],
  price: { amount, currency: 'EUR' },
  compareAtPrice: null,
  barcode: null,
  grams: null,
  inventoryQuantity,
  image: null,
});
