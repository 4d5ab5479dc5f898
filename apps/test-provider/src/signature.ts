import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

/**
 * The key of the signatures: what follows `whsec_` decoded from base64, as Standard Webhooks has it; the bytes of any
 * other secret as they are.
 */
export function signingKey(secret: string): KeyObject {
  return createSecretKey(secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret));
}

/** The headers of one delivery, see https://www.standardwebhooks.com. `now` in ms. */
export function signedHeaders(key: KeyObject | Buffer, id: string, body: string, now: number): Record<string, string> {
  const timestamp = Math.floor(now / 1_000);
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': `v1,${signature}` };
}
