import { command, event, Instant, internal, text, Uuid } from '#kernel/messages';
import * as z from 'zod';

const Sku = text().min(1).max(255);
const Line = z.object({ sku: Sku, quantity: z.int().min(1).max(1_000_000) });
const Missing = z.object({ sku: Sku, requested: z.int(), available: z.int() });

const orderId = '0199f3a2-7c1e-7abc-8def-0123456789ab';

/** Holds every line until `until`, or none. Answered by StockReserved or StockRefused. */
export class ReserveStock extends command('inventory.reserve-stock.v1', {
  access: internal,
  key: 'orderId',
  input: z.object({ orderId: Uuid, lines: z.array(Line).min(1).max(500), until: Instant }),
  example: {
    input: { orderId, lines: [{ sku: 'ALPINE-MUG-BLUE', quantity: 2 }], until: '2026-01-31T12:30:00.000Z' },
  },
}) {}

/** Takes what was held out of the stock for good; a reservation that has expired is made anew. Answered by StockCommitted or StockRefused. */
export class CommitStock extends command('inventory.commit-stock.v1', {
  access: internal,
  key: 'orderId',
  input: z.object({ orderId: Uuid }),
  example: { input: { orderId } },
}) {}

/** Gives back whatever the order holds, reserved or committed; nothing held is fine. Answered by StockReleased. */
export class ReleaseStock extends command('inventory.release-stock.v1', {
  access: internal,
  key: 'orderId',
  input: z.object({ orderId: Uuid }),
  example: { input: { orderId } },
}) {}

export class StockReserved extends event('inventory.stock-reserved.v1', {
  key: 'orderId',
  data: z.object({ orderId: Uuid, until: Instant }),
}) {}

/** Not enough of what `missing` names; the order holds nothing. */
export class StockRefused extends event('inventory.stock-refused.v1', {
  key: 'orderId',
  data: z.object({ orderId: Uuid, missing: z.array(Missing).min(1) }),
}) {}

export class StockCommitted extends event('inventory.stock-committed.v1', {
  key: 'orderId',
  data: z.object({ orderId: Uuid }),
}) {}

/** The order holds nothing any more. */
export class StockReleased extends event('inventory.stock-released.v1', {
  key: 'orderId',
  data: z.object({ orderId: Uuid }),
}) {}

/** The time of a reservation is up; it can still be committed if there is enough. */
export class ReservationExpired extends event('inventory.reservation-expired.v1', {
  key: 'orderId',
  data: z.object({ orderId: Uuid }),
}) {}
