import { migration } from '#kernel/core';

/** A product goes out as the text that it is; its version is wanted beside it, for the ETag. */
export const CatalogProductVersion1763800000000 = migration(
  'CatalogProductVersion1763800000000',
  `alter table product add column version text generated always as (document->>'version') stored`,
);
