import { migration } from '#kernel/core';

export const MemberCarts1760000100000 = migration(
  'MemberCarts1760000100000',
  `
  alter table cart add merged_into uuid;
  -- Members could make many carts until now: the one that was touched last goes on.
  update cart set status = 'abandoned'
  where status = 'active' and owner like 'user:%' and exists (
    select from cart other
    where other.owner = cart.owner and other.status = 'active' and (other.updated_at, other.id) > (cart.updated_at, cart.id));
  create unique index cart_active_of_member on cart (owner) where status = 'active' and owner like 'user:%'`,
);
