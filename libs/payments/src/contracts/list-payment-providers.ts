import { anyone, query, text } from '#kernel/messages';
import * as z from 'zod';

/** The payment providers of this shop, by the names that a checkout and a webhook call them. None: the shop takes no payments. */
export class ListPaymentProviders extends query('payments.list-payment-providers.v1', {
  access: anyone,
  input: z.object({}),
  output: z.object({ names: z.array(text()) }),
  example: { input: {}, output: { names: ['test'] } },
}) {}
