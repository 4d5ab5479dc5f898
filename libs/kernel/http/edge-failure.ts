import * as z from 'zod';
import { type ErrorDeclarations, Failure, text } from '#kernel/messages';

/** What the edge refuses before any contract is asked. Of several codes with one status, the first stands for the status. */
export const edgeErrors = {
  'http.bad_request': { status: 400, message: 'This is no well-formed HTTP request.' },
  'http.bad_json': { status: 400, message: 'The body is not JSON.' },
  'http.idempotency_key_invalid': {
    status: 400,
    message: 'Idempotency-Key must be 1 to 255 printable ASCII characters.',
  },
  'http.idempotency_key_required': {
    status: 400,
    message: 'This needs an Idempotency-Key: a new one for each intent, the same one for each repeat.',
  },
  'http.not_found': { status: 404, message: 'There is nothing at this address.' },
  'http.method_not_allowed': { status: 405, message: 'This address does not take this method: Allow says which ones.' },
  'http.request_timeout': { status: 408, message: 'The request did not arrive in time.' },
  'http.payload_too_large': { status: 413, message: 'The body is larger than this address takes.' },
  'http.uri_too_long': { status: 414, message: 'A part of the address is too long.' },
  'http.unsupported_media_type': { status: 415, message: 'This address does not take a body of this Content-Type.' },
  'http.unsupported_encoding': { status: 415, message: 'A body must come in UTF-8, and not compressed.' },
  'http.too_many_requests': {
    status: 429,
    message: 'Too many requests of this kind: RateLimit-Policy says how many, Retry-After when there may be more.',
    details: z.object({ policy: text(), retryAfter: z.int() }),
  },
  'http.headers_too_large': { status: 431, message: 'The headers are larger than 16 KiB.' },
} as const satisfies ErrorDeclarations;

export type EdgeErrorCode = keyof typeof edgeErrors;

/** `message` replaces the catalogue's sentence where a better one is known. */
export const edgeFailure = (
  code: EdgeErrorCode,
  details?: unknown,
  message: string = edgeErrors[code].message,
): Failure => new Failure({ code, status: edgeErrors[code].status, message, retryable: false, details });
