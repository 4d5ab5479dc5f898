import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Failure } from '#kernel/messages';
import { edgeFailure } from './edge-failure.js';
import { hasTooManyFields } from './json-size.js';

export const BODY_LIMIT = 1024 * 1024;
const UPLOAD_LIMIT = 200 * 1024 * 1024;

/** A body that is read as it arrives, and only as fast as it is taken. */
export interface Upload {
  /** Without parameters, and by its usual name. */
  readonly type: string;
  /** Ends with a Failure where it is over 200 MiB, or the client goes away. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

const streamed = /^(?:text\/csv|application\/(?:x-ndjson|jsonl|x-jsonlines))(?:;|$)/i;
const otherNames: ReadonlyMap<string, string> = new Map([
  ['application/jsonl', 'application/x-ndjson'],
  ['application/x-jsonlines', 'application/x-ndjson'],
]);

const tooManyFields = 'The body has over 1,000 fields in an object, over 50,000 in all, or over 32 levels.';

/** How a body is read: as JSON; whole and untouched where a route says `text`; as an Upload of the types that it lists. */
export function addBodyParsers(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser<string>(
    /^application\/(?:json|[\w.-]+\+json)(?:;|$)/i,
    { parseAs: 'string' },
    (request, text, done) => {
      const { body } = request.routeOptions.config;
      if (body === 'text') return done(null, text);
      if (typeof body === 'object') return done(edgeFailure('http.unsupported_media_type'));
      if (hasTooManyFields(text)) return done(edgeFailure('http.payload_too_large', undefined, tooManyFields));
      try {
        done(null, text === '' ? undefined : parseJson(text));
      } catch {
        done(edgeFailure('http.bad_json'));
      }
    },
  );
  fastify.addContentTypeParser<string>('*', { parseAs: 'string' }, (request, text, done) => {
    if (request.routeOptions.config.body === 'text') done(null, text);
    else done(edgeFailure('http.unsupported_media_type'));
  });
  fastify.addContentTypeParser(streamed, (request, payload, done) => {
    const { body } = request.routeOptions.config;
    const type = typeOf(request);
    if (typeof body !== 'object' || !Object.hasOwn(body, type)) return done(edgeFailure('http.unsupported_media_type'));
    if (Number(request.headers['content-length']) > UPLOAD_LIMIT) return done(edgeFailure('http.payload_too_large'));
    done(null, { type, bytes: limited(payload) } satisfies Upload);
  });
}

function typeOf({ headers }: FastifyRequest): string {
  const [type = ''] = (headers['content-type'] ?? '').split(';');
  const known = type.trim().toLowerCase();
  return otherNames.get(known) ?? known;
}

/**
 * A half of a surrogate pair, written as an escape, is no text and PostgreSQL refuses it: U+FFFD, as for broken UTF-8.
 * @throws SyntaxError
 */
export function parseJson(text: string): unknown {
  if (!/\\ud[89a-f]/i.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_, value: unknown) => (typeof value === 'string' ? value.toWellFormed() : value));
}

async function* limited(payload: IncomingMessage): AsyncGenerator<Uint8Array> {
  let size = 0;
  try {
    for await (const chunk of payload as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > UPLOAD_LIMIT) throw edgeFailure('http.payload_too_large');
      yield chunk;
    }
  } catch (error) {
    throw error instanceof Failure || payload.complete ? error : edgeFailure('http.bad_request'); // the client has gone
  }
}
