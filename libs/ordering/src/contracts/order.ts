import {
  authenticated,
  command,
  event,
  Instant,
  internal,
  Money,
  owner,
  permission,
  personal,
  query,
  text,
  Uuid,
} from '#kernel/messages';
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

/** How it is on its way. */
export const Shipping = z.object({
  carrier: text().min(1).max(100).optional(),
  trackingNumber: text().min(1).max(100).optional(),
});

export const Order = z
  .object({
    id: Uuid,
    number: text(),
    status: OrderStatus,
    cartId: Uuid,
    email: text(),
    shippingAddress: Address,
    lines: z.array(z.object({ sku: Sku, title: text(), quantity: z.int(), unitPrice: Money, lineTotal: Money })),
    total: Money,
    payment: z.object({ id: Uuid, status: PaymentStatus, nextAction: z.object({ url: text() }).optional() }),
    /** Why it was rejected: the SKUs of which there was not enough. */
    missing: z.array(z.object({ sku: Sku, requested: z.int(), available: z.int() })),
    /** Once it is shipped. */
    shipment: Shipping.extend({ at: Instant }).optional(),
    history: z.array(z.object({ at: Instant, status: OrderStatus, reason: text().nullable() })),
    createdAt: Instant,
    /** Nothing but time or a person can change it now. */
    settled: z.boolean(),
  })
  .meta({ id: 'Order' });
export type Order = z.infer<typeof Order>;

/** One line of a list of orders; the rest is asked for by its id. */
export const OrderSummary = Order.pick({
  id: true,
  number: true,
  status: true,
  total: true,
  createdAt: true,
  settled: true,
})
  .extend({ payment: Order.shape.payment.pick({ status: true }) })
  .meta({ id: 'OrderSummary' });

const cartId = '0199f3a2-7c1e-7abc-8def-000000000001';
const orderId = '0199f3a5-11d0-7abc-8def-000000000002';
const member = 'user:0199f39f-52aa-7abc-8def-000000000004';
const shippingAddress = {
  name: 'Ada Lovelace',
  line1: 'Hauptstr. 1',
  city: 'Ulm',
  postalCode: '89073',
  country: 'DE',
} as const;
const total = { amount: 49_800, currency: 'EUR' };
const shipment = { carrier: 'DHL', trackingNumber: '00340434161094042557' };
const createdAt = '2026-05-04T09:30:00.000Z';
const exampleOrder: Order = {
  id: orderId,
  number: '1042',
  status: 'confirmed',
  cartId,
  email: 'ada@example.com',
  shippingAddress,
  lines: [
    {
      sku: 'TENT-2P',
      title: 'Two-person tent',
      quantity: 2,
      unitPrice: { amount: 24_900, currency: 'EUR' },
      lineTotal: total,
    },
  ],
  total,
  payment: { id: '0199f3a5-11d0-7abc-8def-000000000003', status: 'captured' },
  missing: [],
  history: [
    { at: createdAt, status: 'pending', reason: null },
    { at: '2026-05-04T09:30:00.020Z', status: 'stock_reserved', reason: null },
    { at: '2026-05-04T09:30:00.110Z', status: 'confirmed', reason: null },
  ],
  createdAt,
  settled: true,
};

/** Checkout: what is in the cart, at today's prices, becomes an order. One live order per cart. */
export class PlaceOrder extends command('ordering.place-order.v1', {
  access: owner(),
  input: z.object({
    cartId: Uuid,
    email: personal(z.email().max(320)),
    shippingAddress: Address,
    payment: z.object({
      provider: text().min(1).max(50).meta({
        description:
          'The name of one of the shop’s payment providers. A shop that is tried out on a laptop has “test”.',
      }),
      token: personal(text().min(1).max(255)),
    }),
  }),
  output: z.object({ orderId: Uuid, number: text() }),
  errors: {
    'cart.not_found': { status: 404, message: 'There is no such cart, or it is somebody else’s.' },
    'cart.not_active': {
      status: 409,
      message: 'This cart is closed: it was checked out, or went into another cart.',
    },
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
    'ordering.no_payment_provider': {
      status: 409,
      message: 'This shop takes no orders: it has no payment provider.',
    },
    'ordering.payment_provider_unknown': {
      status: 422,
      message: 'The shop has no payment provider of this name.',
      details: z.object({ providers: z.array(text()) }),
    },
    'ordering.currency_differs': {
      status: 409,
      message: 'The prices in the cart are in several currencies: there is no total of them.',
      details: z.object({ skus: z.array(Sku) }),
    },
    'ordering.total_too_large': { status: 409, message: 'So much that the total could not be told exactly.' },
  },
  example: {
    input: { cartId, email: 'ada@example.com', shippingAddress, payment: { provider: 'test', token: 'tok_ok' } },
    output: { orderId, number: '1042' },
  },
}) {}

/**
 * From now on nobody but `owner` may order the cart; null: nobody at all. An order that it is already stays, and nothing
 * happens. Answers that order, or whose the cart is: the first who asked for it. Cart is told by TakeOverCart.
 */
export class HandOverCart extends command('ordering.hand-over-cart.v1', {
  access: internal,
  key: 'cartId',
  input: z.object({ cartId: Uuid, owner: text().nullable() }),
  output: z.object({ orderId: Uuid.nullable(), owner: text().nullable() }),
  example: { input: { cartId, owner: member }, output: { orderId: null, owner: member } },
}) {}

const orderErrors = {
  'ordering.order_not_found': { status: 404, message: 'There is no such order, or it is somebody else’s.' },
} as const;

export class GetOrder extends query('ordering.get-order.v1', {
  access: owner('orders.read'),
  input: z.object({
    id: Uuid,
    patience: z
      .int()
      .min(0)
      .max(250)
      .optional()
      .meta({ description: 'So many milliseconds the answer may wait for the order to be settled.' }),
  }),
  output: Order,
  errors: orderErrors,
  example: { input: { id: orderId }, output: exampleOrder },
}) {}

/** Orders, newest first, a page at a time: one's own, or, with `orders.read`, everybody's. */
export class ListOrders extends query('ordering.list-orders.v1', {
  access: authenticated,
  input: z.object({
    status: OrderStatus.optional(),
    limit: z.int().min(1).max(100).default(20),
    cursor: Uuid.meta({ description: 'The nextCursor of the page before.' }).optional(),
  }),
  output: z.object({ items: z.array(OrderSummary), nextCursor: Uuid.nullable() }),
  example: {
    input: { status: 'confirmed', limit: 1 },
    output: {
      items: [
        {
          id: orderId,
          number: '1042',
          status: 'confirmed',
          total,
          createdAt,
          settled: true,
          payment: { status: 'captured' },
        },
      ],
      nextCursor: orderId,
    },
  },
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
  example: { input: { id: orderId } },
}) {}

/** The goods are on their way: of an order that is confirmed and paid. Again is fine, and changes nothing. */
export class ShipOrder extends command('ordering.ship-order.v1', {
  access: permission('orders.write'),
  input: z.object({ id: Uuid, ...Shipping.shape }),
  errors: {
    ...orderErrors,
    'ordering.not_shippable': {
      status: 409,
      message: 'Only an order that is confirmed, with its money taken, can be shipped.',
      details: z.object({ status: OrderStatus, payment: PaymentStatus }),
    },
  },
  example: { input: { id: orderId, ...shipment } },
}) {}

const placed = { orderId: Uuid, cartId: Uuid };
export class OrderPlaced extends event('ordering.order-placed.v1', {
  key: 'orderId',
  /** `lines`: what of the cart was ordered. */
  data: z.object({
    ...placed,
    number: text(),
    lines: z.array(z.object({ sku: Sku, quantity: z.int() })).optional(),
  }),
}) {}
export class OrderConfirmed extends event('ordering.order-confirmed.v1', { key: 'orderId', data: z.object(placed) }) {}
export class OrderRejected extends event('ordering.order-rejected.v1', {
  key: 'orderId',
  data: z.object({ ...placed, reason: text() }),
}) {}
export class OrderExpired extends event('ordering.order-expired.v1', { key: 'orderId', data: z.object(placed) }) {}
export class OrderCancelled extends event('ordering.order-cancelled.v1', { key: 'orderId', data: z.object(placed) }) {}
export class OrderShipped extends event('ordering.order-shipped.v1', {
  key: 'orderId',
  data: z.object({ ...placed, ...Shipping.shape }),
}) {}
/** Shipped long enough ago. */
export class OrderCompleted extends event('ordering.order-completed.v1', { key: 'orderId', data: z.object(placed) }) {}
