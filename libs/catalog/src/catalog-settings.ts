import { settings } from '#kernel/base';
import { Currency } from '#kernel/messages';

/** Those in use, and those that went out of use in the last years: shops have goods in them. */
const currencies = new Set(Intl.supportedValuesOf('currency'));

export class CatalogSettings extends settings({
  CLEAVE_CURRENCY: {
    schema: Currency.refine((code) => currencies.has(code), 'is no currency of ISO 4217'),
    default: 'EUR',
    doc: 'The shop’s currency, ISO 4217. Fixed once the shop has goods.',
  },
}) {}
