import { migration } from '#kernel';

/** Nobody locks an order while it is read: who finds another version when he writes begins anew. */
export const OrderingVersions1760000200000 = migration(
  'OrderingVersions1760000200000',
  'alter table orders add version integer not null default 1',
);
