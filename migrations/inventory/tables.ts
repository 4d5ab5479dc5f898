import { migration } from '#kernel/core';

export const InventoryTables1760000000000 = migration(
  'InventoryTables1760000000000',
  `
  create table stock_item (
    sku text primary key,
    on_hand bigint not null default 0,
    reserved bigint not null default 0,
    constraint stock_item_sold_once check (0 <= reserved and reserved <= on_hand)
  ) with (fillfactor = 70);

  create table reservation (
    order_id uuid primary key,
    state text not null default 'none'
      check (state in ('none', 'held', 'committed', 'returned', 'released', 'expired', 'refused')),
    lines json not null default '[]',
    until timestamptz
  ) with (fillfactor = 70);
`,
);
