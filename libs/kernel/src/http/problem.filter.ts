import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isUnforeseen, PROBLEM_TYPE, type Problem, problemOf } from './problem.js';

/** Answers every error as problem details, Fastify's own among them: Nest hands it those too. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Http');

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    if (reply.sent || reply.raw.destroyed) return; // the client has gone: nobody is left to tell
    const traceId = request.surroundings.correlationId;
    if (isUnforeseen(error))
      this.logger.error({
        msg: `${request.method} ${request.routeOptions.url} failed: ${String(error)}`,
        traceId,
        err: error,
      });
    sendProblem(reply, problemOf(error, traceId));
  }
}

export function sendProblem(reply: FastifyReply, problem: Problem): void {
  if (problem.status === 503) reply.header('retry-after', '1');
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer');
  // As text: Fastify leaves its type alone and does not serialise it again.
  void reply.code(problem.status).type(PROBLEM_TYPE).send(JSON.stringify(problem));
}
