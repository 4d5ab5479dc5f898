import { AsyncLocalStorage } from 'node:async_hooks';
import { Logger } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { errorText, type Ids } from '#kernel/base';
import {
  anonymous,
  type CallContext,
  type EdgeAnswer,
  type EdgeRequest,
  type Interceptors,
  type Principal,
  runIn,
} from '#kernel/core';
import { correlationIdOf, guestOf, isCallId } from '#kernel/edge';
import { type Access, kernelFailure } from '#kernel/messages';
import { edgeFailure } from './edge-failure.js';
import type { Lifecycle } from './lifecycle.js';

/** The call context of a request. The guard replaces the principal once it has checked the token. */
export type RequestContext = CallContext & { principal: Principal };

declare module 'fastify' {
  interface FastifyRequest {
    callContext: RequestContext;
    /** Runs work inside the interceptors of the request. */
    intercepted: (<Result>(work: () => Result) => Result) | undefined;
  }
  interface FastifyContextConfig {
    /** The contract's, so that strangers are refused before their body is read. */
    access?: Access;
    idempotencyKey?: 'required';
    /** JSON unless said otherwise. */
    body?: 'text' | Readonly<Record<string, string>>;
  }
}

type Done = (error?: Error) => void;

interface Opening {
  readonly ids: Ids;
  readonly lifecycle: Lifecycle;
  readonly interceptors: Interceptors;
  /** The header that carries a guest's token, in lower case. */
  readonly guestHeader: string | undefined;
}

const changes = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/**
 * Gives every request its call context by Fastify's hooks: Nest's interceptors and middleware cost up to half of the
 * throughput. It is entered after the body was read, because the body's events come from outside of it.
 */
export function openRequestContext(
  fastify: FastifyInstance,
  { ids, lifecycle, interceptors, guestHeader }: Opening,
): void {
  fastify.decorateRequest('callContext');
  fastify.decorateRequest('intercepted');
  fastify.addHook('onRequest', (request, reply, done) => {
    const { headers } = request;
    const correlationId = correlationIdOf(headers['traceparent'], ids);
    const principal = guestHeader === undefined ? anonymous : guestOf(headers[guestHeader]);
    request.callContext = { correlationId, principal };
    reply.header('x-request-id', correlationId);
    if (!interceptors.seeRequests) return admit(request, reply, done);
    void intercept(interceptors, request, reply, (error) => (error ? done(error) : admit(request, reply, done)));
  });
  const admit = (request: FastifyRequest, reply: FastifyReply, done: Done): void => {
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
    if (!isCallId(key)) return done(edgeFailure('http.idempotency_key_invalid'));
    request.callContext = { ...request.callContext, callId: key };
    done();
  };
  fastify.addHook('preHandler', ({ callContext, intercepted }, _, done) =>
    intercepted ? intercepted(() => runIn(callContext, done)) : runIn(callContext, done),
  );
}

/**
 * Lets the interceptors stand around a request until its answer has left. Its handler runs in what they have opened
 * (AsyncLocalStorage), though the events of its body come between.
 */
async function intercept(
  interceptors: Interceptors,
  request: FastifyRequest,
  reply: FastifyReply,
  done: Done,
): Promise<void> {
  const { callContext, routeOptions, method, headers, is404 } = request;
  const answer = async ({ flow }: EdgeRequest): Promise<EdgeAnswer> => {
    request.callContext = { ...callContext, headers: flow };
    request.intercepted = AsyncLocalStorage.snapshot();
    const closed = new Promise((resolve) => reply.raw.once('close', resolve));
    done();
    await closed;
    return { status: reply.statusCode };
  };
  const operation = is404 ? undefined : `${method} ${routeOptions.url}`;
  const { correlationId } = callContext;
  try {
    await interceptors.request({ edge: 'http', operation, correlationId, headers, flow: {} }, answer);
  } catch (error) {
    if (!request.intercepted) return done(error as Error);
    new Logger('Interceptors').warn(`${operation} was answered; an interceptor failed after it: ${errorText(error)}`);
  }
}

/** Bodies are read as they come, as UTF-8: anything else would be taken for what it is not. */
function isUnreadable({ headers }: FastifyRequest): boolean {
  const { 'content-encoding': encoding = 'identity', 'content-type': type = '' } = headers;
  if (encoding.toLowerCase() !== 'identity') return true;
  const charset = type.includes('=') && /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(type)?.[1];
  return charset ? !/^(utf-?8|us-ascii)$/i.test(charset) : false;
}
