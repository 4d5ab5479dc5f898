import { migration } from '#kernel/core';

/** Nobody locks a cart while it is read: who finds another version when he writes begins anew. */
export const CartVersions1760000200000 = migration(
  'CartVersions1760000200000',
  'alter table cart add version integer not null default 1',
);
