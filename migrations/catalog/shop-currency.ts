import { migration } from '#kernel/core';

export const CatalogShopCurrency1764000000000 = migration(
  'CatalogShopCurrency1764000000000',
  `
  -- The currency of the shop's goods: one row, written with the first of them.
  create table shop_currency (
    one boolean primary key default true check (one),
    currency text not null
  );
  -- A shop that has goods has the currency of most of them; where as many are in another one, that of the oldest.
  insert into shop_currency (currency)
  select price_currency from variant where product_id is not null
  group by price_currency order by count(*) desc, min(product_id::text) limit 1;

  -- What is priced in another currency cannot be bought, and shows it, as another version.
  update product set document = (document::jsonb || jsonb_build_object(
    'version', split_part(version, '.', 1) || '.' || (split_part(version, '.', 2)::integer + 1),
    'variants', (
      select jsonb_agg(case when shown->'price'->>'currency' = currency then shown else shown || '{"available": false}' end order by place)
      from jsonb_array_elements(document::jsonb->'variants') with ordinality listed(shown, place))))::json
  from shop_currency
  where id in (select product_id from variant where price_currency <> currency);
`,
);
