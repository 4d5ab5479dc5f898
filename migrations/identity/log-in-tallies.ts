import { migration } from '#kernel/core';

/**
 * Failed log-ins, by the hash of an address, or of an account and an address; neither is stored. A row without a
 * failure says that somebody has logged in to the account from there.
 */
export const LogInTallies1760000000003 = migration(
  'LogInTallies1760000000003',
  `
  create table log_in_tally (
    key bytea primary key,
    failures integer not null,
    attempts text[] not null default '{}',
    blocked_until timestamptz,
    ends_at timestamptz not null,
    known_until timestamptz
  );
  create index log_in_tally_over on log_in_tally (greatest(ends_at, known_until))`,
);
