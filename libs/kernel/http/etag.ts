import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiResponse } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { edgeFailure } from './edge-failure.js';

/**
 * Sends what has a version, which is its strong ETag; 304 to whoever has it already (RFC 9110, 13.1.2). For a method that
 * sends by itself, with `@Res()`: Nest would put its own status over a 304.
 */
export function sendTagged<Body extends object>(reply: FastifyReply, version: string, body: Body): Body {
  reply.header('etag', `"${version}"`);
  const held = reply.request.headers['if-none-match'];
  if (held !== undefined && isHeld(held, version)) void reply.code(304).send();
  else void reply.send(body);
  return body;
}

/**
 * The versions that a request is for, by its If-Match (RFC 9110, 13.1.1): any of them. Undefined: for whatever there is.
 * A weak tag is no proof that two are the same, and stands for none.
 * @throws http.bad_request where the header is none
 */
export function versionsWanted({ headers }: FastifyRequest): string[] | undefined {
  const wanted = headers['if-match']?.trim();
  if (wanted === undefined || wanted === '*') return undefined;
  if (!tags.test(wanted)) throw edgeFailure('http.bad_request', undefined, noTag);
  return [...wanted.matchAll(tag)].filter(([, weak]) => !weak).map(([, , version]) => version!);
}

const example = '"3.1"';
const noTag = `If-Match is no entity tag: it must be * or what ETag said, in its double quotes, such as ${example}; several are separated by commas.`;

/** Documents a route that answers by `sendTagged`. */
export const Tagged = (): MethodDecorator =>
  applyDecorators(
    ApiHeader({
      name: 'If-None-Match',
      description: 'The ETag that the caller has.',
      example,
      schema: { type: 'string' },
    }),
    ApiResponse({ status: 304, description: 'It is what the caller has.' }),
  );

/** Documents a route that asks `versionsWanted`. */
export const ForVersions = (): MethodDecorator =>
  ApiHeader({
    name: 'If-Match',
    description: 'The ETag that was read: 412 where it is another by now. Without it, or with `*`, whatever there is.',
    example,
    schema: { type: 'string' },
  });

const tag = /(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"/g;
const tags = /^(?:(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")(?:[ \t]*,[ \t]*(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")*$/;

/** By weak comparison. Almost always it is one tag, as we gave it. */
function isHeld(header: string, version: string): boolean {
  if (header === `"${version}"` || header.trim() === '*') return true;
  return [...header.matchAll(tag)].some(([, , held]) => held === version);
}
