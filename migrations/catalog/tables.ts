import { migration } from '#kernel/core';

export const CatalogTables1760000000000 = migration(
  'CatalogTables1760000000000',
  `
  -- A product is read as a whole: its document is the contract's JSON but for what the stock says. Type json, since
  -- it goes out as it came in.
  create table product (
    id uuid primary key,
    handle text not null unique,
    status text not null check (status in ('draft', 'published', 'archived')),
    document json not null
  );
  create index product_published on product (id) where status = 'published';

  -- A SKU outlives its variant, and inventory may tell of it before the product is here: then product_id is null.
  create table variant (
    sku text primary key,
    available boolean not null default false,
    product_id uuid references product,
    id uuid,
    title text,
    price_amount bigint,
    price_currency text,
    check (product_id is null or (id is not null and title is not null and price_amount is not null and price_currency is not null))
  );
  create index variant_available on variant (product_id) include (sku) where available;
`,
);
