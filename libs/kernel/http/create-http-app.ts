import { type DynamicModule, type Type, VersioningType } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Logger } from 'nestjs-pino';
import { Clock, Ids } from '#kernel/base';
import { Interceptors } from '#kernel/core';
import { API_OPTIONS, type ApiOptions, correlationIdOf } from '#kernel/edge';
import { JsonText } from '#kernel/messages';
import { BearerGuard } from './bearer.guard.js';
import { addBodyParsers, BODY_LIMIT } from './body-parsers.js';
import { HttpSettings } from './http-settings.js';
import { KnownMethods } from './known-methods.js';
import { Lifecycle } from './lifecycle.js';
import { logRequests } from './logging.js';
import { serveOpenApi } from './openapi.js';
import { sendProblem } from './problem.filter.js';
import { problemOf } from './problem.js';
import { RequestLimits } from './request-limits.js';
import { refuse } from './refuse.js';
import { openRequestContext } from './request-context.js';
import { RequestDurations } from './request-durations.js';
import { addSecurityHeaders, securityHeaders } from './security-headers.js';

/** So long a connection may idle: longer than the usual load balancer's 60 s, so that it is never us who hang up first. */
const KEEP_ALIVE_MS = 72_000;
/** So long clients are told that it may (`Keep-Alive: timeout`). Who heeds that has none idle where a server lets them go. */
const KEEP_ALIVE_HINT_MS = 4_000;

/** An application that serves the API, or with `api: false` operators alone; `module` imports HttpModule. It does not listen yet. */
export async function createHttpApp(
  module: Type | DynamicModule,
  { TRUST_PROXY: proxies, CORS_ORIGINS: origins } = new HttpSettings({}),
  { api } = { api: true },
): Promise<NestFastifyApplication> {
  let ids: Ids;
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT,
    routerOptions: { maxParamLength: 512 },
    requestTimeout: 3_600_000, // for the whole of the request to arrive: an import is read only as fast as it is written
    keepAliveTimeout: KEEP_ALIVE_HINT_MS,
    return503OnClosing: false, // the request context answers then, with problem details
    trustProxy: proxies.length > 0 && [...proxies],
    skipMiddie: true, // no middleware, here or in Nest
    clientErrorHandler: refuse,
    // What the router refuses: no hook has run.
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      const traceId = correlationIdOf(request.headers['traceparent'], ids);
      void reply.headers({ ...securityHeaders(request.url), 'x-request-id': traceId });
      sendProblem(reply, problemOf(error, traceId));
    },
  });
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    bufferLogs: true,
    autoFlushLogs: false, // of a failed start only what failed is told
    bodyParser: false,
    abortOnError: false,
  });
  app.useLogger(app.get(Logger));
  app.flushLogs();
  ids = app.get(Ids);
  const fastify = adapter.getInstance<FastifyInstance>();
  fastify.server.keepAliveTimeoutBuffer = KEEP_ALIVE_MS - KEEP_ALIVE_HINT_MS;
  addBodyParsers(fastify);
  fastify.setReplySerializer((answer) => (answer instanceof JsonText ? answer.text : JSON.stringify(answer)));
  app.get(KnownMethods).collect(fastify);
  app.get(RequestLimits).countAt(fastify);
  app.get(RequestDurations).measureAt(fastify);
  addSecurityHeaders(fastify);
  openRequestContext(fastify, {
    ids,
    lifecycle: app.get(Lifecycle),
    interceptors: app.get(Interceptors),
    guestHeader: guestHeader(app),
  });
  if (api) app.get(BearerGuard).guard(fastify);
  logRequests(fastify, app.get(HttpSettings), app.get(Clock));
  hangUpWhenStopping(fastify);
  if (origins.length > 0) app.enableCors(pagesOf(origins));
  app.setGlobalPrefix('api', {
    exclude: ['health/live', 'health/ready', 'health/startup', 'metrics', '.well-known/jwks.json'],
  });
  app.enableVersioning({ type: VersioningType.URI });
  if (api) serveOpenApi(app);
  return app;
}

/** Lower-case, as Node gives headers. Undefined where guests own nothing. */
const guestHeader = (app: NestFastifyApplication): string | undefined =>
  app.get<ApiOptions | undefined>(API_OPTIONS)?.guest?.header.toLowerCase();

/** Pages of these origins may do all that the API offers, and read its headers. No cookies: tokens are sent on purpose. */
const pagesOf = (origins: string[]) => ({
  origin: origins,
  methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
  exposedHeaders: ['ETag', 'Location', 'RateLimit', 'RateLimit-Policy', 'Retry-After', 'X-Request-Id'],
  maxAge: 600,
});

/**
 * A connection that was busy when the process was told to stop is kept alive by its client after its answer: the stop would
 * wait for it for as long as connections may idle.
 */
function hangUpWhenStopping(fastify: FastifyInstance): void {
  fastify.addHook('preClose', (done) => {
    const hangUp = setInterval(() => fastify.server.closeIdleConnections(), 50);
    fastify.server.once('close', () => clearInterval(hangUp));
    done();
  });
}
