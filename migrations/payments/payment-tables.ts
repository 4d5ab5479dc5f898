import { migration } from '#kernel/core';

/** What is taken and given back is decided by the aggregate; the checks make a mistake there an error, not a loss. */
export const PaymentsTables1760000000000 = migration(
  'PaymentsTables1760000000000',
  `
  create table payment (
    id uuid primary key,
    order_id uuid,
    provider text,
    provider_reference text,
    status text not null,
    amount bigint,
    currency text,
    captured bigint not null default 0,
    refunded bigint not null default 0,
    check (refunded <= captured and captured <= amount)
  );
  create table payment_event (
    payment_id uuid not null references payment,
    version integer not null,
    type text not null,
    data json not null,
    at timestamptz not null,
    primary key (payment_id, version)
  );
  create table webhook_receipt (
    provider text not null,
    event_id text not null,
    received_at timestamptz not null,
    primary key (provider, event_id)
  );
  `,
);
