import type { Ids } from '#kernel/base';

const printable = /^[\x20-\x7e]{1,255}$/;

/** Tells whether a text may be a call id, as in Idempotency-Key: 1 to 255 printable ASCII characters. */
export const isCallId = (key: unknown): key is string => typeof key === 'string' && printable.test(key);

const traceparent = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-|$)/;

/** The id of a new flow: that of the caller's trace (`traceparent` of W3C Trace Context), or a new one. */
export const correlationIdOf = (given: unknown, ids: Ids): string =>
  (typeof given === 'string' && traceparent.exec(given)?.[1]) || ids.trace();
