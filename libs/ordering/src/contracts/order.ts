import { command, event, Instant, Money, owner, personal, query, text, Uuid } from '#kernel/messages';
import * as z from 'zod';
import { countryCodes } from './country-codes.js';

const Sku = text().min(1).max(255);

/** Where the goods go; `country` as in ISO 3166-1 alpha-2. */
export const Address = z
  .object({
    name: personal(text().min(1).max(200)),
    line1: personal(text().min(1).max(200)),
    line2: personal(text().max(200)).optional(),
    city: personal(text().min(1).max(100)),
    region: personal(text().max(100)).optional(),
    postalCode: personal(text().min(1).max(20)),
    country: z.enum(countryCodes, 'must be a country code of ISO 3166-1 alpha-2, such as DE'),
  })
  .meta({ id: 'Address' });

export const OrderStatus = z.enum([
  'pending',
  'stock_reserved',
  'confirmed',
  'shipped',
  'completed',
  'rejected',
  'expired',
  'cancelling',
  'cancelled',
]);

export const PaymentStatus = z.enum([
  'created',
  'requires_action',
  'authorized',
  'captured',
  'partially_refunded',
  'refunded',
  'declined',
  'failed',
  'voided',
  'expired',
]);

export const Order = z
  .object({
    id: Uuid,
    number: text(),
    status: OrderStatus,
    cartId: Uuid,
    email: z.email(),
    shippingAddress: Address,
    lines: z.array(z.object({ sku: Sku, title: text(), quantity: z.int(), unitPrice: Money, lineTotal: Money })),
    total: Money,
    payment: z.object({ id: Uuid, status: PaymentStatus, nextAction: z.object({ url: text() }).optional() }),
    /** Why it was rejected: the SKUs of which there was not enough. */
    missing: z.array(z.object({ sku: Sku, requested: z.int(), available: z.int() })),
    history: z.array(z.object({ at: Instant, status: OrderStatus, reason: text().nullable() })),
    createdAt: Instant,
    /** Nothing but time or a person can change it now. */
    settled: z.boolean(),
  })
  .meta({ id: 'Order' });
export type Order = z.infer<typeof Order>;

/** Checkout: what is in the cart, at today's prices, becomes an order. One live order per cart. */
export class PlaceOrder extends command('ordering.place-order.v1', {
  access: owner(),
  input: z.object({
    cartId: Uuid,
    email: personal(z.email().max(320)),
    shippingAddress: Address,
    payment: z.object({ provider: z.enum(['test']), token: personal(text().min(1).max(255)) }),
  }),
  output: z.object({ orderId: Uuid, number: text() }),
  errors: {
    'cart.not_found': { status: 404, message: 'There is no such cart, or it is somebody else’s.' },
    'ordering.cart_empty': { status: 409, message: 'The cart is empty.' },
    'ordering.cart_has_order': {
      status: 409,
      message: 'This cart became an order already.',
      details: z.object({ orderId: Uuid }),
    },
    'ordering.product_unavailable': {
      status: 409,
      message: 'Something in the cart cannot be bought any more.',
      details: z.object({ skus: z.array(Sku) }),
    },
  },
}) {}

const orderErrors = {
  'ordering.order_not_found': { status: 404, message: 'There is no such order, or it is somebody else’s.' },
} as const;

export class GetOrder extends query('ordering.get-order.v1', {
  access: owner('orders.read'),
  input: z.object({ id: Uuid }),
  output: Order,
  errors: orderErrors,
}) {}

/** Stops the order, whatever has happened: stock goes back, so does the money. Again is fine. */
export class CancelOrder extends command('ordering.cancel-order.v1', {
  access: owner('orders.write'),
  input: z.object({ id: Uuid }),
  errors: {
    ...orderErrors,
    'ordering.not_cancellable': {
      status: 409,
      message: 'This order cannot be cancelled any more.',
      details: z.object({ status: OrderStatus }),
    },
  },
}) {}

const placed = { orderId: Uuid, cartId: Uuid };
export class OrderPlaced extends event('ordering.order-placed.v1', {
  key: 'orderId',
  data: z.object({ ...placed, number: text() }),
}) {}
export class OrderConfirmed extends event('ordering.order-confirmed.v1', { key: 'orderId', data: z.object(placed) }) {}
export class OrderRejected extends event('ordering.order-rejected.v1', {
  key: 'orderId',
  data: z.object({ ...placed, reason: text() }),
}) {}
export class OrderExpired extends event('ordering.order-expired.v1', { key: 'orderId', data: z.object(placed) }) {}
export class OrderCancelled extends event('ordering.order-cancelled.v1', { key: 'orderId', data: z.object(placed) }) {}
