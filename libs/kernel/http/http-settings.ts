import { isIP } from 'node:net';
import * as z from 'zod';
import { commaSeparated, integer, onOff, settings } from '#kernel/base';

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
    schema: listOf(isOrigin, 'must be off, or origins such as https://www.example.com'),
    default: 'off',
    doc: 'Whose pages may call the API from a browser, separated by commas: https://www.example.com,http://localhost:5173.',
  },
  METRICS_PUBLIC: {
    schema: onOff(),
    default: 'off',
    doc: 'off: /metrics answers this machine and private networks alone, whatever proxies lie between. on: everyone.',
  },
}) {}

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
