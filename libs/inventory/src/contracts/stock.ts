import { anyone, command, event, permission, query, text } from '#kernel/messages';
import * as z from 'zod';

const Sku = text().min(1).max(255);
const Quantity = z.int().min(0).max(1_000_000_000);
/** What there is has no such limit: returns add to it. */
const Pieces = z.int().min(0);

const mugs = { sku: 'ALPINE-MUG-BLUE', onHand: 20, reserved: 3, available: 17 };

/** `available` is what can still be reserved: `onHand - reserved`. */
export const Stock = z.object({ sku: Sku, onHand: Pieces, reserved: Pieces, available: Pieces }).meta({
  id: 'Stock',
  examples: [mugs],
});

export class GetStock extends query('inventory.get-stock.v1', {
  access: anyone,
  input: z.object({ sku: Sku }),
  output: Stock,
  errors: { 'inventory.sku_not_found': { status: 404, message: 'There is no stock item with this SKU.' } },
  example: { input: { sku: 'ALPINE-MUG-BLUE' }, output: mugs },
}) {}

/** Says how many pieces there are; a SKU that inventory has not heard of yet begins with this. */
export class SetStock extends command('inventory.set-stock.v1', {
  access: permission('inventory.write'),
  input: z.object({ sku: Sku, onHand: Quantity }),
  output: Stock,
  errors: {
    'inventory.below_reserved': {
      status: 409,
      message: 'More pieces are reserved than that.',
      details: z.object({ reserved: Pieces }),
    },
  },
  example: { input: { sku: 'ALPINE-MUG-BLUE', onHand: 20 }, output: mugs },
}) {}

/** The last piece went, or the first came back. Not told of every piece: most changes change nothing for a buyer. */
export class AvailabilityChanged extends event('inventory.availability-changed.v1', {
  key: 'sku',
  data: z.object({ sku: Sku, available: z.boolean() }),
}) {}
