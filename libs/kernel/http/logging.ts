import { hostname } from 'node:os';
import type { FastifyInstance } from 'fastify';
import { LoggerModule } from 'nestjs-pino';
import { type LoggerOptions, pino } from 'pino';
import { type Clock, errorReport, errorText, isError } from '#kernel/base';
import { callContext } from '#kernel/core';
import { API_OPTIONS, type ApiOptions } from '#kernel/edge';
import { HttpSettings } from './http-settings.js';

/** Nest's logger writes by pino, as JSON lines, each with its request's trace. */
export const loggerModule = () =>
  LoggerModule.forRootAsync({
    inject: [HttpSettings, API_OPTIONS],
    useFactory: ({ LOG_LEVEL }: HttpSettings, api: ApiOptions | undefined) => ({
      forRoutes: [], // no middleware: pino-http halves the throughput
      pinoHttp: logOptions(LOG_LEVEL, api?.guest?.header),
    }),
  });

/** Pino's: of an error there is in the log what `errorReport` tells of it, by whatever way it comes there. */
export const logOptions = (level: string, guestHeader?: string) => {
  const secret = guestHeader === undefined ? secretHeaders : [...secretHeaders, `["${guestHeader.toLowerCase()}"]`];
  return {
    level,
    serializers: { err: (given: { raw?: unknown }) => errorReport(given.raw ?? given) }, // pino-http hands over its own copy
    mixin: () => {
      const current = callContext();
      return current ? { traceId: current.correlationId } : {};
    },
    hooks: {
      // Nest names every module and route at each start: nobody reads it, and what matters drowns in it.
      logMethod(args, method, lineLevel) {
        const { context = '' } = args[0] as { context?: string };
        if (lineLevel > INFO || !chatter.has(context)) method.apply(this, withReports(args));
      },
    },
    redact: { paths: secret.flatMap((name) => [name, `*.${name}`, `*.headers.${name}`]), censor: '[redacted]' },
  } satisfies LoggerOptions;
};

const INFO = 30;

/** Pino would take the message of an error for the line's, and write all that errors carry where they stand under other names. */
function withReports<Args extends unknown[]>([first, ...rest]: Args): Args {
  const fields = isError(first) ? { err: first } : first;
  const safe = (value: unknown): unknown => (isError(value) ? errorReport(value) : value);
  const told =
    typeof fields === 'object' && fields !== null
      ? Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, safe(value)]))
      : fields;
  return [told, ...rest.map((value) => (isError(value) ? errorText(value) : value))] as Args;
}
const chatter = new Set(['InstanceLoader', 'NestFactory', 'NestApplication', 'RouterExplorer', 'RoutesResolver']);
const secretHeaders = ['authorization', 'cookie', '["set-cookie"]'];

/** A write for each line costs as much as half of a request: they leave together, five times a second, and when the process ends. */
const GATHERED = { dest: 1, sync: false, minLength: 8_192, periodicFlush: 200 };

/** One line for each request: never its query, its headers or its body, so that there is nothing to redact. Pino's format, by hand. */
export function logRequests(fastify: FastifyInstance, { LOG_LEVEL }: HttpSettings, clock: Clock): void {
  if (!pino({ level: LOG_LEVEL }).isLevelEnabled('info')) return;
  const lines = pino.destination(GATHERED);
  const here = `"pid":${process.pid},"hostname":${JSON.stringify(hostname())},"context":"Http"`;
  fastify.addHook('onResponse', (request, reply, done) => {
    const { method, url, callContext } = request;
    const query = url.indexOf('?');
    const path = JSON.stringify(query < 0 ? url : url.slice(0, query));
    const ms = Math.round(reply.elapsedTime * 10) / 10;
    lines.write(
      `{"level":30,"time":${clock.now()},${here},"traceId":"${callContext.correlationId}","method":"${method}","url":${path},"status":${reply.statusCode},"ms":${ms}}\n`,
    );
    done();
  });
}
