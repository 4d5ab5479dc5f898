import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { edgeFailure } from './edge-failure.js';

export const BODY_LIMIT = 1024 * 1024;
const CSV_LIMIT = 200 * 1024 * 1024;

/** How a body is read: as JSON; whole and untouched where a route says `text`; as a stream where it says `csv`. */
export function addBodyParsers(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser<string>(
    /^application\/(?:json|[\w.-]+\+json)(?:;|$)/i,
    { parseAs: 'string' },
    (request, text, done) => {
      const { body } = request.routeOptions.config;
      if (body === 'text') return done(null, text);
      if (body === 'csv') return done(edgeFailure('http.unsupported_media_type'));
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
  fastify.addContentTypeParser(/^text\/csv(?:;|$)/i, (request, payload, done) => {
    if (request.routeOptions.config.body === 'csv') done(null, limited(payload));
    else done(edgeFailure('http.unsupported_media_type'));
  });
}

/** A half of a surrogate pair, written as an escape, is no text and PostgreSQL refuses it: U+FFFD, as for broken UTF-8. */
function parseJson(text: string): unknown {
  if (!/\\ud[89a-f]/i.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_, value: unknown) => (typeof value === 'string' ? value.toWellFormed() : value));
}

async function* limited(payload: IncomingMessage): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of payload as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > CSV_LIMIT) throw edgeFailure('http.payload_too_large');
    yield chunk;
  }
}
