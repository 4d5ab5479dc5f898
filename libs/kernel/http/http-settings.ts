import { isIP } from 'node:net';
import * as z from 'zod';
import { commaSeparated, integer, onOff, settings } from '#kernel/base';
import type { QuotaSize } from './quota.js';

/** What the HTTP edge needs to know. */
export class HttpSettings extends settings({
  PORT: { schema: integer(0, 65_535), default: '3000', doc: 'The port that the API listens on; 0 takes a free one.' },
  HOST: {
    schema: z
      .string()
      .refine((address) => isIP(address) !== 0, 'must be an IP address, such as 127.0.0.1 or 0.0.0.0')
      .optional(),
    doc: 'The IP address that the server listens on; 0.0.0.0 means all of this machine’s. Unset: 127.0.0.1, which only this machine\nreaches, and in production 0.0.0.0.',
  },
  LOG_LEVEL: {
    schema: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    default: 'info',
    doc: 'fatal, error, warn, info, debug, trace or silent. Requests are logged at info.',
  },
  TRUST_PROXY: {
    schema: listOf(isProxy, 'must be off, or addresses, CIDR ranges, loopback, linklocal or uniquelocal'),
    default: 'off',
    doc: 'The proxies before this process, separated by commas: addresses, CIDR ranges, loopback, linklocal or uniquelocal.\nA client’s address is what they say in X-Forwarded-For; with off that header counts for nothing. Limits by address need it right.',
  },
  CORS_ORIGINS: {
    schema: listOf(isOrigin, 'must be off, or origins such as https://shop.example'),
    default: 'off',
    doc: 'Whose pages may call the API from a browser, separated by commas: https://shop.example,http://localhost:5173.',
  },
  METRICS_PUBLIC: {
    schema: onOff(),
    default: 'off',
    doc: 'off: /metrics answers this machine and private networks alone, whatever proxies lie between. on: everyone.',
  },
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

/** Names separated by commas; none for `off`. */
function listOf(known: (name: string) => boolean, message: string) {
  return z
    .string()
    .transform((text) => (text === 'off' ? [] : commaSeparated(text)))
    .refine((names) => names.every(known), message);
}

function isProxy(name: string): boolean {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(name)) return true;
  const [address = '', bits, ...more] = name.split('/');
  const version = isIP(address);
  if (version === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d+$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

function isOrigin(name: string): boolean {
  return URL.canParse(name) && new URL(name).origin === name;
}
