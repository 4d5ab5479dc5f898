import { anyone, Currency, query } from '#kernel/messages';
import * as z from 'zod';

/** The shop's one currency: that of every offer, and of every price that the catalog takes. */
export class GetCurrency extends query('catalog.get-currency.v1', {
  access: anyone,
  input: z.object({}),
  output: z.object({ currency: Currency }),
  example: { input: {}, output: { currency: 'EUR' } },
}) {}
