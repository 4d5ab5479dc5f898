import { migration } from '#kernel';

/**
 * The row holds the payment's whole state, so that one statement locks and reads it. Rows without it have it from their
 * stream; so have those that the version before this one, while both run, writes: it knows nothing of the state.
 *
 * webhook_receipt is written no more: a payment remembers its own webhooks. A later release may drop it.
 */
export const PaymentState1760000001000 = migration(
  'PaymentState1760000001000',
  `
  alter table payment add column state jsonb;
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
