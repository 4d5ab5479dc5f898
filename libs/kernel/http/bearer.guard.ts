import { Injectable } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { authorize, type Principal } from '#kernel/core';
import { Failure, kernelFailure } from '#kernel/messages';
import { RateLimits } from './rate-limits.js';

/** Finds out who asks. A request without a token passes at once as anonymous; a wrong token is refused everywhere. */
@Injectable()
export class BearerGuard extends AuthGuard('jwt') {
  constructor(private readonly limits: RateLimits) {
    super();
  }

  /** Before every route's handler, as Nest's guards are, but by Fastify's hook: a global guard costs every request a context. */
  guard(fastify: FastifyInstance): void {
    fastify.addHook('preHandler', (request, reply, done) => {
      if (request.is404) return done(); // nothing is here, whoever asks
      if (request.headers.authorization !== undefined) return this.authenticate(request, reply); // and on when it has settled
      done(refusalOf(request));
    });
  }

  private async authenticate(request: FastifyRequest & { user?: Principal }, reply: FastifyReply): Promise<void> {
    try {
      await super.canActivate(new ExecutionContextHost([request, reply]));
    } catch (error) {
      this.limits.countBearer(request, reply);
      throw error;
    }
    const user = request.user!;
    this.limits.countBearer(request, reply, user.id);
    request.callContext.principal = { ...user, owners: [...user.owners, ...request.callContext.principal.owners] };
    const refusal = refusalOf(request);
    if (refusal) throw refusal;
  }

  /** Wrong tokens come as `info`, and so does the failure of asking for the keys. */
  override handleRequest<User>(error: unknown, user: User | false, info: unknown): User {
    if (user) return user;
    throw info instanceof Failure ? info : (error ?? kernelFailure('kernel.unauthenticated'));
  }
}

/** What the owner decides by the contract anyway, decided before a large body is read. */
function refusalOf({ routeOptions, callContext }: FastifyRequest): Error | undefined {
  const { access } = routeOptions.config;
  try {
    if (access) authorize(access, callContext.principal, undefined);
    return undefined;
  } catch (error) {
    return error as Error;
  }
}
