import { command, internal, Uuid } from '#kernel/messages';
import * as z from 'zod';

/** The order's time to be paid is up: ordering's own timer. */
export class ExpireOrder extends command('ordering.expire-order.v1', {
  access: internal,
  key: 'orderId',
  input: z.object({ orderId: Uuid }),
}) {}
