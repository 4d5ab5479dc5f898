import { integer, settings } from '#kernel/base';

export class OrderingSettings extends settings({
  ORDERING_PAYMENT_TIMEOUT: {
    schema: integer(1, 30 * 86_400),
    default: '900',
    doc: 'Seconds an order waits for its payment; then it expires and its stock is free again.',
  },
  ORDERING_COMPLETE_AFTER: {
    schema: integer(1, 365 * 86_400),
    default: '1209600',
    doc: 'Seconds after which a shipped order is complete.',
  },
}) {}
