import { anyone, command, Currency, internal, Money, owner, query, text, Uuid } from '#kernel/messages';
import * as z from 'zod';

const Sku = text().min(1).max(255);

/** A cart at today's prices. A line whose SKU cannot be bought any more has `available: false` and counts for nothing. */
export const Cart = z
  .object({
    id: Uuid,
    status: z.enum(['active', 'checked_out', 'merged', 'abandoned']),
    lines: z.array(
      z.object({
        sku: Sku,
        title: text(),
        quantity: z.int(),
        unitPrice: Money,
        lineTotal: Money,
        available: z.boolean(),
      }),
    ),
    total: Money,
    currency: Currency,
    /** The order that this cart became, while it is one. */
    orderId: Uuid.nullable(),
  })
  .meta({ id: 'Cart' });
export type Cart = z.infer<typeof Cart>;

const cartErrors = {
  'cart.not_found': { status: 404, message: 'There is no such cart, or it is somebody else’s.' },
} as const;
const editErrors = {
  ...cartErrors,
  'cart.not_active': { status: 409, message: 'This cart is checked out; it cannot be changed.' },
} as const;

/** A new, empty cart for a guest. `token` is the guest's only key to it: sent as `X-Cart-Token`, stored only as its hash. */
export class CreateCart extends command('cart.create-cart.v1', {
  access: anyone,
  sensitive: true,
  repeatable: true, // a second cart that nobody has the token of is only litter
  input: z.object({}),
  output: z.object({ id: Uuid, token: text() }),
}) {}

export class GetCart extends query('cart.get-cart.v1', {
  access: owner(),
  input: z.object({ id: Uuid }),
  output: Cart,
  errors: cartErrors,
}) {}

/** Puts `quantity` of a SKU into the cart, whatever was there before; 0 takes it out. */
export class SetCartItem extends command('cart.set-item.v1', {
  access: owner(),
  input: z.object({ cartId: Uuid, sku: Sku, quantity: z.int().min(0).max(1_000) }),
  output: Cart,
  errors: {
    ...editErrors,
    'cart.sku_not_found': { status: 404, message: 'Nothing with this SKU can be bought.' },
    'cart.too_many_lines': { status: 409, message: 'A cart holds at most 200 different SKUs.' },
    'cart.total_too_large': { status: 409, message: 'So much that the total could not be told exactly.' },
  },
}) {}

/** Takes a SKU out of the cart; one that is not in it is fine. */
export class RemoveCartItem extends command('cart.remove-item.v1', {
  access: owner(),
  input: z.object({ cartId: Uuid, sku: Sku }),
  output: Cart,
  errors: editErrors,
}) {}

/** What checkout needs of a cart: whose it is and what is in it, without prices. */
export class GetCartForCheckout extends query('cart.get-cart-for-checkout.v1', {
  access: internal,
  input: z.object({ id: Uuid }),
  output: z.object({
    owner: text(),
    status: Cart.shape.status,
    lines: z.array(z.object({ sku: Sku, quantity: z.int() })),
  }),
  errors: cartErrors,
}) {}
