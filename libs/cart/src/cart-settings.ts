import { Currency, settings } from '#kernel';

export class CartSettings extends settings({
  CLEAVE_CURRENCY: {
    schema: Currency,
    doc: 'The currency of the shop (ISO 4217): an empty cart costs 0 of it.',
    default: 'EUR',
  },
}) {}
