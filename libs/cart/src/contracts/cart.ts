import { anyone, authenticated, command, Currency, internal, Money, owner, query, text, Uuid } from '#kernel/messages';
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

const cartId = '0199f3a2-7c1e-7abc-8def-000000000001';
const tents = {
  sku: 'TENT-2P',
  title: 'Two-person tent',
  quantity: 2,
  unitPrice: { amount: 24_900, currency: 'EUR' },
  lineTotal: { amount: 49_800, currency: 'EUR' },
  available: true,
};
const exampleCart: Cart = {
  id: cartId,
  status: 'active',
  lines: [tents],
  total: tents.lineTotal,
  currency: 'EUR',
  orderId: null,
};

const cartErrors = {
  'cart.not_found': { status: 404, message: 'There is no such cart, or it is somebody else’s.' },
} as const;
const editErrors = {
  ...cartErrors,
  'cart.not_active': { status: 409, message: 'This cart is closed: it was checked out, or went into another cart.' },
} as const;
const totalErrors = {
  'cart.total_too_large': { status: 409, message: 'So much that the total could not be told exactly.' },
} as const;

/**
 * A cart to fill. A guest gets a new one; `token` is the only key to it: sent as `X-Cart-Token`, stored only as its hash.
 * Who is logged in gets the one active cart that a member has, made if there is none, and no token.
 */
export class CreateCart extends command('cart.create-cart.v1', {
  access: anyone,
  sensitive: true,
  repeatable: true, // a second cart that nobody has the token of is only litter
  input: z.object({}),
  output: z.object({ id: Uuid, token: text().optional() }),
  example: { input: {}, output: { id: cartId, token: 'v0Y6cXfYzJj3m1cW2mE5Ik7b8dR9sT0uVwXyZaBcDeF' } },
}) {}

export class GetCart extends query('cart.get-cart.v1', {
  access: owner(),
  input: z.object({ id: Uuid }),
  output: Cart,
  errors: { ...cartErrors, ...totalErrors },
  example: { input: { id: cartId }, output: exampleCart },
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
    ...totalErrors,
  },
  example: { input: { cartId, sku: 'TENT-2P', quantity: 2 }, output: exampleCart },
}) {}

/** Takes a SKU out of the cart; one that is not in it is fine. */
export class RemoveCartItem extends command('cart.remove-item.v1', {
  access: owner(),
  input: z.object({ cartId: Uuid, sku: Sku }),
  output: Cart,
  errors: { ...editErrors, ...totalErrors },
  example: { input: { cartId, sku: 'STOVE-GAS' }, output: exampleCart },
}) {}

/**
 * Makes a guest's cart the member's, by bearer and `X-Cart-Token`; the token opens it no more. It becomes the member's
 * active cart, or goes into the one there is: a SKU in both counts for the sum, 1,000 at most, and what finds no room
 * among 200 SKUs stays in the guest's cart, which the member can read. Again it answers the same cart, unchanged.
 */
export class ClaimCart extends command('cart.claim-cart.v1', {
  access: authenticated,
  input: z.object({ cartId: Uuid }),
  output: Cart.extend({ noRoom: z.array(z.object({ sku: Sku, quantity: z.int() })) }).meta({ id: 'ClaimedCart' }),
  errors: {
    ...editErrors,
    ...totalErrors,
    'ordering.cart_has_order': {
      status: 409,
      message: 'This cart became an order already.',
      details: z.object({ orderId: Uuid }),
    },
  },
  example: { input: { cartId: '0199f3a1-0b7c-7abc-8def-000000000003' }, output: { ...exampleCart, noRoom: [] } },
}) {}

/**
 * Ordering lets nobody but `owner` order the cart any more: it is theirs. Null: nobody at all, and it goes into its
 * owner's active cart.
 */
export class TakeOverCart extends command('cart.take-over-cart.v1', {
  access: internal,
  key: 'cartId',
  input: z.object({ cartId: Uuid, owner: text().nullable() }),
  example: { input: { cartId, owner: 'user:0199f39f-52aa-7abc-8def-000000000004' } },
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
  example: {
    input: { id: cartId },
    output: {
      owner: 'user:0199f39f-52aa-7abc-8def-000000000004',
      status: 'active',
      lines: [{ sku: 'TENT-2P', quantity: 2 }],
    },
  },
}) {}
