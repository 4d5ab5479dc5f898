import { integer, settings } from '#kernel/base';

export class InventorySettings extends settings({
  INVENTORY_RESERVATION_TTL: {
    schema: integer(1, 31_536_000),
    doc: 'The longest time, in seconds, that stock is held for an order that is not confirmed, however long the order asks for.',
    default: '3600',
  },
}) {}
