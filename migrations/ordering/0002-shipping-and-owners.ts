import { migration } from '#kernel/core';

export const OrderingShippingAndOwners1760000100000 = migration(
  'OrderingShippingAndOwners1760000100000',
  `
  alter table orders add shipment jsonb;
  create index orders_status on orders (status, id);

  -- Carts that were handed over: nobody but the owner may order one, null: nobody at all.
  create table cart_owner (cart_id uuid primary key, owner text);

  -- One statement would judge by what it saw when it began; a function looks anew after it has waited for the lock,
  -- which whoever hands the cart over holds alone (CartOwners).
  create function refuse_other_owners() returns trigger language plpgsql as $$
  begin
    perform pg_advisory_xact_lock_shared(hashtextextended(new.cart_id::text, 0));
    if exists (select from cart_owner where cart_id = new.cart_id and owner is distinct from new.owner) then
      raise unique_violation using constraint = 'cart_owner_pkey', message = 'the cart belongs to somebody else by now';
    end if;
    return new;
  end $$;
  create trigger cart_owner before insert on orders for each row execute function refuse_other_owners();
`,
);
