import { migration } from '#kernel/core';

/** A key is published before it signs, and knows when its successor is due. Keys that are there already sign. */
export const KeyRotation1760000000002 = migration(
  'KeyRotation1760000000002',
  `
  alter table signing_key add column signs_from timestamptz not null default now();
  alter table signing_key add column renewal_at timestamptz;
  update signing_key set signs_from = created_at`,
);
