import * as z from 'zod';
import { Currency } from '../messages/schema.js';
import { integer, settings } from '../settings/settings.js';

/** What the HTTP edge needs to know. */
export class HttpSettings extends settings({
  PORT: { schema: integer(0, 65_535), default: '3000', doc: 'The port that the API listens on; 0 takes a free one.' },
  CLEAVE_CURRENCY: { schema: Currency, default: 'EUR', doc: 'The currency of prices in imported files, ISO 4217.' },
  LOG_LEVEL: {
    schema: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    default: 'info',
    doc: 'fatal, error, warn, info, debug, trace or silent. Requests are logged at info.',
  },
}) {}
