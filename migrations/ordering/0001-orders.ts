import { migration } from '#kernel/core';

export const OrderingOrders1760000000000 = migration(
  'OrderingOrders1760000000000',
  `
  create sequence order_number start 1001;
  create table orders (
    id uuid primary key,
    number text not null unique,
    cart_id uuid not null,
    owner text not null,
    email text not null,
    shipping_address jsonb not null,
    lines jsonb not null,
    total jsonb not null,
    status text not null,
    stock text not null,
    payment jsonb not null,
    missing jsonb not null,
    history jsonb not null,
    created_at timestamptz not null
  );
  -- One live order per cart: a rejected or expired one makes room for another.
  create unique index orders_live on orders (cart_id) where status not in ('rejected', 'expired');
  create index orders_owner on orders (owner, id);
`,
);
