import { migration } from '#kernel/core';

export const EditingAndSearch1763700000000 = migration(
  'EditingAndSearch1763700000000',
  `
  -- The document is now the whole answer, what the stock says included: it is read far more often than a last piece goes.
  update product set document = (document::jsonb || jsonb_build_object('version', '1.0', 'variants', (
    select jsonb_agg(shown || jsonb_build_object('available', coalesce(available, false)) order by place)
    from jsonb_array_elements(document::jsonb->'variants') with ordinality listed(shown, place)
      left join variant on sku = shown->>'sku')))::json;

  -- The words are written with the row, small and without accents; those of before as PostgreSQL alone reads them.
  alter table product
    set (fillfactor = 80),
    add column search tsvector not null default '',
    add column category text collate "C" generated always as (document->>'category') stored;
  update product set search = setweight(to_tsvector('simple', document->>'title'), 'A') ||
    setweight(to_tsvector('simple', concat_ws(' ', category, document->>'vendor', document->>'tags')), 'B');
  create index product_search on product using gin (search) with (gin_pending_list_limit = 256);
  create index product_category on product (category) where category is not null;
  create index product_hidden on product (status, id) where status <> 'published';

  -- A product's rows are written variants first, as they are locked.
  alter table variant alter constraint variant_product_id_fkey deferrable initially deferred;
  create index variant_product on variant (product_id);
  drop index variant_available;

  -- How many published products a category has: counting them took a look at each.
  create table category (
    name text collate "C" primary key,
    products bigint not null
  );
  insert into category select category, count(*) from product where status = 'published' and category is not null group by category;
`,
);
