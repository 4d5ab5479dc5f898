import { migration } from '#kernel/core';

export const IdentityTables1760000000000 = migration(
  'IdentityTables1760000000000',
  `
  create table account (
    id uuid primary key,
    email text not null,
    name text not null,
    password_hash text not null,
    roles text[] not null,
    created_at timestamptz not null default now()
  );
  create unique index account_email on account (lower(email));

  -- One row per token; the tokens that replaced each other are one family, and are revoked together.
  create table refresh_token (
    token_hash bytea primary key,
    family uuid not null,
    account_id uuid not null references account on delete cascade,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz,
    revoked_at timestamptz
  );
  create index refresh_token_family on refresh_token (family);
  create index refresh_token_account on refresh_token (account_id, expires_at);

  create table signing_key (
    kid uuid primary key,
    private_pem text not null,
    public_jwk jsonb not null,
    created_at timestamptz not null,
    retired_at timestamptz
  );

  -- What was put in once and does not come back when somebody deletes it.
  create table seeded (name text primary key, at timestamptz not null default now())`,
);
