import { migration } from '../database/migration.js';

/** How many slots an outbox has: the most readers that can share it. Fixed when the tables are made. */
export const SLOTS = 16;

/** The tables that every context gets in its own schema. docs/adr/0003 says how they are read. */
export const KernelTables1700000000000 = migration(
  'KernelTables1700000000000',
  `
  create table outbox (
    message_id uuid not null,
    id bigint generated always as identity,
    xid xid8 not null default pg_current_xact_id(),
    slot smallint not null,
    name text not null,
    key text not null,
    destination text,
    payload json not null,
    correlation_id text not null,
    causation_id uuid,
    at timestamptz not null default now()
  ) partition by range (message_id);
  create index outbox_xid on outbox (xid);
  create index outbox_id on outbox (id);
  create table outbox_rest partition of outbox default;

  create table outbox_timer (
    message_id uuid primary key,
    due timestamptz not null,
    slot smallint not null,
    name text not null,
    key text not null,
    destination text,
    payload json not null,
    correlation_id text not null,
    causation_id uuid
  );
  create index outbox_timer_due on outbox_timer (due);

  create table outbox_slot (slot smallint primary key, holder text, until timestamptz) with (fillfactor = 50);
  insert into outbox_slot (slot) select generate_series(0, ${SLOTS - 1});
  create table outbox_instance (id text primary key, until timestamptz not null) with (fillfactor = 50);
  create table outbox_cursor (
    destination text not null,
    slot smallint not null,
    seen pg_snapshot not null,
    upto pg_snapshot,
    after_id bigint not null default 0,
    primary key (destination, slot)
  ) with (fillfactor = 50);

  create table inbox (
    message_id uuid not null,
    subscriber text not null,
    at timestamptz not null default now(),
    primary key (message_id, subscriber)
  ) partition by range (message_id);
  create table inbox_rest partition of inbox default;

  create table inbox_parked (
    seq bigint generated always as identity,
    message_id uuid not null,
    subscriber text not null,
    publisher text not null,
    key text not null,
    name text not null,
    payload json not null,
    correlation_id text not null,
    causation_id uuid,
    at timestamptz not null,
    attempts integer not null default 0,
    due timestamptz not null default now(),
    dead boolean not null default false,
    error json,
    holder text,
    until timestamptz,
    primary key (message_id, subscriber)
  );
  create unique index inbox_parked_order on inbox_parked (subscriber, publisher, key, seq);
  create index inbox_parked_due on inbox_parked (due) where not dead;

  create table call_record (
    principal text not null,
    message text not null,
    call_id text not null,
    input_hash bytea not null,
    answer json,
    at timestamptz not null default now(),
    primary key (principal, message, call_id)
  );
  create index call_record_at on call_record (at);
`,
);

/** Fails a transaction from within its last statement, with a SQLSTATE of its own. */
export const KernelRefusal1700000000001 = migration(
  'KernelRefusal1700000000001',
  `
  create function refuse(what text) returns boolean language plpgsql as $$
  begin
    raise exception using errcode = 'CL001', message = what;
  end $$;
`,
);

/**
 * How a flow's messages are found. A B-tree here would cost each write a third more; block-range Bloom filters are made when a
 * range of the append-only outbox is full, cost the writers nearly nothing, and find a flow among millions of messages in
 * milliseconds.
 */
export const FlowIndex1700000000002 = migration(
  'FlowIndex1700000000002',
  `create index outbox_flow on outbox using brin (correlation_id text_bloom_ops(n_distinct_per_range = 400))
    with (pages_per_range = 32, autosummarize = on)`,
);

/** How far a log at a broker had come, in the log's own terms: shows whether it forgot something. */
export const LogPlace1700000000003 = migration(
  'LogPlace1700000000003',
  `alter table outbox_cursor add column place text`,
);

/** The messages that subscribers listen to, in whichever version of the code they run. */
export const InboxListeners1700000000004 = migration(
  'InboxListeners1700000000004',
  `create table inbox_listener (
    subscriber text not null,
    message text not null,
    at timestamptz not null default now(),
    primary key (subscriber, message)
  )`,
);

/**
 * When a process last read for a destination, and the cursor that its reader is to go back to: all messages from there are
 * delivered again.
 */
export const CursorLife1700000000005 = migration(
  'CursorLife1700000000005',
  `alter table outbox_cursor add column read_at timestamptz not null default now(), add column back pg_snapshot`,
);

/** The refusal of a call, and the epoch millisecond until which it holds. */
export const CallRefusals1700000000006 = migration(
  'CallRefusals1700000000006',
  `alter table call_record add column refusal json, add column refused_until bigint`,
);

/**
 * The headers of a message's flow; null where there are none. A process of an earlier version ignores them, and drops them where
 * it moves a timer into the outbox or parks a message.
 */
export const MessageHeaders1700000000007 = migration(
  'MessageHeaders1700000000007',
  `
  alter table outbox add column headers json;
  alter table outbox_timer add column headers json;
  alter table inbox_parked add column destination text, add column headers json;
`,
);
