import { migration } from '#kernel/core';

/** What replaced a used token, as its SHA-256: by it one request is told from a second one with the same token. */
export const RefreshSuccessors1760000000001 = migration(
  'RefreshSuccessors1760000000001',
  `alter table refresh_token add column successor bytea`,
);
