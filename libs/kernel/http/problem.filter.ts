import { type ArgumentsHost, Catch, type ExceptionFilter, Logger, NotFoundException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorReport, errorText } from '#kernel/base';
import type { Failure } from '#kernel/messages';
import { edgeFailure } from './edge-failure.js';
import { KnownMethods } from './known-methods.js';
import { linger } from './linger.js';
import { isUnforeseen, type Problem, PROBLEM_TYPE, problemOf } from './problem.js';

/** Answers every error as problem details, Fastify's own among them: Nest hands it those too. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Http');

  constructor(private readonly methods: KnownMethods) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    if (reply.sent || reply.raw.destroyed) return; // the client has gone: nobody is left to tell
    const traceId = request.callContext.correlationId;
    if (isUnforeseen(error))
      this.logger.error({
        msg: `${request.method} ${request.routeOptions.url} failed: ${errorText(error)}`,
        traceId,
        err: errorReport(error),
      });
    const unrouted = request.is404 && error instanceof NotFoundException;
    sendProblem(reply, problemOf(unrouted ? this.notHere(request, reply) : error, traceId));
  }

  /** What the router did not find: the address, or the method there. */
  private notHere({ url }: FastifyRequest, reply: FastifyReply): Failure {
    const allowed = this.methods.at(url);
    if (allowed.length === 0) return edgeFailure('http.not_found');
    reply.header('allow', allowed.join(', '));
    return edgeFailure('http.method_not_allowed');
  }
}

export function sendProblem(reply: FastifyReply, problem: Problem): void {
  const { status, code } = problem;
  if (status === 503 || status === 429) reply.header('retry-after', String(secondsToWait(problem)));
  // RFC 6750: why, where there was a token.
  const refused = code === 'kernel.unauthenticated' && reply.request.headers.authorization !== undefined;
  if (status === 401) reply.header('www-authenticate', refused ? 'Bearer error="invalid_token"' : 'Bearer');
  if (code === 'http.unsupported_encoding') reply.header('accept-encoding', 'identity');
  const { socket } = reply.raw;
  if (!reply.request.raw.complete && socket) linger(socket);
  // As text: Fastify leaves its type alone and does not serialise it again.
  void reply.code(status).type(PROBLEM_TYPE).send(JSON.stringify(problem));
}

/** What a failure says of it in its details, and else a second. */
function secondsToWait({ details }: Problem): number {
  const { retryAfter } = (details ?? {}) as { retryAfter?: unknown };
  return typeof retryAfter === 'number' ? Math.ceil(retryAfter) : 1;
}
