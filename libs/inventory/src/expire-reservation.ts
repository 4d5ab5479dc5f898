import * as z from 'zod';
import { command, internal, Uuid } from '#kernel/messages';

/** Inventory's word to itself: the time of this reservation is up. */
export class ExpireReservation extends command('inventory.expire-reservation.v1', {
  access: internal,
  key: 'orderId',
  input: z.object({ orderId: Uuid }),
}) {}
