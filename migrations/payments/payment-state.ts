import { migration } from '#kernel/core';

/**
 * The row holds the payment's whole state, so that one statement locks and reads it. Rows without it have it from their
 * stream; so have those that the version before this one, while both run, writes: it knows nothing of the state. Nor of
 * look_at: payments that it began are looked after by timers, to their end.
 *
 * webhook_receipt is written no more: a payment remembers its own webhooks. A later release may drop it.
 */
export const PaymentState1760000001000 = migration(
  'PaymentState1760000001000',
  `
  alter table payment add column state jsonb, add column look_at timestamptz;
  create index payment_look on payment (look_at) where status in ('created', 'requires_action');
  create index payment_order on payment (order_id);

  create function forget_state() returns trigger language plpgsql as $$
  begin
    new.state := null;
    return new;
  end $$;
  create trigger written_without_state before update of provider_reference on payment
    for each row when (new.state is not distinct from old.state) execute function forget_state();
  `,
);
