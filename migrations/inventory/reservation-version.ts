import { migration } from '#kernel/core';

/** Nobody locks a reservation while it is read: who finds another version when he writes begins anew. */
export const InventoryReservationVersion1760000000001 = migration(
  'InventoryReservationVersion1760000000001',
  `alter table reservation add column version integer not null default 0`,
);
