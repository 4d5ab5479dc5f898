import { migration } from '#kernel/core';

export const CartTables1760000000000 = migration(
  'CartTables1760000000000',
  `
  create table cart (
    id uuid primary key,
    owner text not null,
    status text not null,
    order_id uuid,
    last_order_id uuid,
    lines jsonb not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
  )`,
);
