import { migration } from '#kernel/core';

/** A category's products in their order: a page of one that is small among many took a look at all of them. */
export const CatalogProductShelf1763900000000 = migration(
  'CatalogProductShelf1763900000000',
  `
  create index product_shelf on product (category, status, id) where category is not null;
  drop index product_category;
`,
);
