import { command, internal, Uuid } from '#kernel/messages';
import * as z from 'zod';

/** It was shipped long enough ago: ordering's own timer. */
export class CompleteOrder extends command('ordering.complete-order.v1', {
  access: internal,
  key: 'orderId',
  input: z.object({ orderId: Uuid }),
  example: { input: { orderId: '0199f3a5-11d0-7abc-8def-000000000002' } },
}) {}
