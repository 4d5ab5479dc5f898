import { hash } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Access } from '../messages/access.js';
import { kernelFailure } from '../messages/failure.js';
import { type Ambient, anonymous, type Principal, runIn } from '../runtime/ambient.js';
import type { Ids } from '../runtime/clock.js';
import { edgeFailure } from './edge-failure.js';
import type { Lifecycle } from './lifecycle.js';

/** What a request runs in. The guard puts in the principal once it has checked the token. */
export type Surroundings = Ambient & { principal: Principal };

declare module 'fastify' {
  interface FastifyRequest {
    surroundings: Surroundings;
  }
  interface FastifyContextConfig {
    /** The contract's, so that strangers are refused before their body is read. */
    access?: Access;
    idempotencyKey?: 'required';
    /** JSON unless said otherwise. */
    body?: 'text' | Readonly<Record<string, string>>;
  }
}

const changes = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
const printable = /^[\x20-\x7e]{1,255}$/;

/**
 * Gives every request its surroundings by Fastify's hooks: Nest's interceptors and middleware cost up to half of the
 * throughput. They are opened after the body was read, since its events would come from outside of them.
 */
export function openRequestContext(fastify: FastifyInstance, ids: Ids, lifecycle: Lifecycle): void {
  fastify.decorateRequest('surroundings');
  fastify.addHook('onRequest', (request, reply, done) => {
    const correlationId = traceIdOf(request, ids);
    request.surroundings = { correlationId, principal: guestOf(request) };
    reply.header('x-request-id', correlationId);
    if (lifecycle.stopping) {
      reply.header('connection', 'close');
      return done(kernelFailure('kernel.unavailable', { message: 'This process is shutting down.' }));
    }
    if (!changes.has(request.method)) return done();
    if (isUnreadable(request)) return done(edgeFailure('http.unsupported_encoding'));
    const key = request.headers['idempotency-key'];
    if (key === undefined)
      return done(
        request.routeOptions.config.idempotencyKey === 'required'
          ? edgeFailure('http.idempotency_key_required')
          : undefined,
      );
    if (typeof key !== 'string' || !printable.test(key)) return done(edgeFailure('http.idempotency_key_invalid'));
    request.surroundings = { ...request.surroundings, callId: key };
    done();
  });
  fastify.addHook('preHandler', (request, _, done) => runIn(request.surroundings, done));
}

/** Bodies are read as they come, as UTF-8: anything else would be taken for what it is not. */
function isUnreadable({ headers }: FastifyRequest): boolean {
  const { 'content-encoding': encoding = 'identity', 'content-type': type = '' } = headers;
  if (encoding.toLowerCase() !== 'identity') return true;
  const charset = type.includes('=') && /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(type)?.[1];
  return charset ? !/^(utf-?8|us-ascii)$/i.test(charset) : false;
}

const traceparent = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-|$)/;

/** The caller's trace (W3C Trace Context), or a new one. */
export function traceIdOf({ headers }: FastifyRequest, ids: Ids): string {
  const given = headers['traceparent'];
  return (typeof given === 'string' && traceparent.exec(given)?.[1]) || ids.next().replaceAll('-', '');
}

/** Whoever knows a cart's token owns what the token's hash stands for; the token itself goes no further. */
function guestOf({ headers }: FastifyRequest): Principal {
  const token = headers['x-cart-token'];
  if (typeof token !== 'string' || token === '') return anonymous;
  const guest = `guest:${hash('sha256', token, 'hex')}`;
  return { ...anonymous, id: guest, owners: [guest] };
}
