import { command, internal, Uuid } from '#kernel/messages';
import * as z from 'zod';

/** The order's time to be paid is up: ordering's own timer. */
export class ExpireOrder extends command('ordering.expire-order.v1', {
  access: internal,
  key: 'orderId',
  input: z.object({ orderId: Uuid }),
  example: { input: { orderId: '0199f3a5-11d0-7abc-8def-000000000002' } },
}) {}
