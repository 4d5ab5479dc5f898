import { migration } from '#kernel/core';

/**
 * Nobody locks an order while it is read: who finds another version when he writes begins anew. An order is written five
 * times within a moment: there is room for that beside it.
 */
export const OrderingVersions1760000200000 = migration(
  'OrderingVersions1760000200000',
  'alter table orders add version integer not null default 1, set (fillfactor = 50)',
);
