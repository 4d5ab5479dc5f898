import * as z from 'zod';
import { onOff, settings } from '#kernel/base';
import type { QuotaSize } from './quota.js';

/** The rate limits of every edge. */
export class EdgeSettings extends settings({
  RATE_LIMIT: {
    schema: onOff(),
    default: 'on',
    doc: 'on: requests are limited as below. A quota 600/60 is 600 requests at once, and as many again, evenly, in each 60 seconds.\nIt is counted by user, by address where nobody is logged in, and in each process by itself; requests from the machine itself\nare not counted, but for RATE_LIMIT_CREDENTIALS.',
  },
  RATE_LIMIT_READS: { schema: quota(), default: 'off', doc: 'What only reads. off, or a quota.' },
  RATE_LIMIT_WRITES: { schema: quota(), default: '600/60', doc: 'What changes something. off, or a quota.' },
  RATE_LIMIT_CREDENTIALS: {
    schema: quota(),
    default: '300/60',
    doc: 'Log-in, registration and what else could be guessed at: always by address. off, or a quota.',
  },
}) {}

/** `600/60`: requests and seconds. */
function quota() {
  return z
    .string()
    .regex(/^(off|[1-9]\d{0,6}\/[1-9]\d{0,4})$/, 'must be off, or requests/seconds such as 600/60')
    .transform((text): QuotaSize | undefined => {
      const [requests, seconds] = text.split('/').map(Number);
      return seconds === undefined ? undefined : { requests: requests!, seconds };
    });
}
