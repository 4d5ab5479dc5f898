import { Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { authorize } from '#kernel/core';
import { asBoth, WhoAsks } from '#kernel/edge';
import { RequestLimits } from './request-limits.js';

/** Refuses early those who may not ask. A request without a token passes at once as anonymous; a wrong token is refused everywhere. */
@Injectable()
export class BearerGuard {
  constructor(
    private readonly who: WhoAsks,
    private readonly limits: RequestLimits,
  ) {}

  /** Before every route's handler, as Nest's guards are, but by Fastify's hook: a global guard costs every request a context. */
  guard(fastify: FastifyInstance): void {
    fastify.addHook('preHandler', (request, reply, done) => {
      if (request.is404) return done(); // nothing is here, whoever asks
      if (request.headers.authorization !== undefined) return this.authenticate(request, reply); // and on when it has settled
      done(refusalOf(request));
    });
  }

  private async authenticate(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { callContext, raw } = request;
    const user = await this.who.userOf(raw.headersDistinct['authorization'] ?? []).catch((error: unknown) => {
      this.limits.countBearer(request, reply);
      throw error;
    });
    this.limits.countBearer(request, reply, user.id);
    callContext.principal = asBoth(user, callContext.principal);
    const refusal = refusalOf(request);
    if (refusal) throw refusal;
  }
}

/** The contract's refusal, which the owner would repeat, before a large body is read. */
function refusalOf({ routeOptions, callContext }: FastifyRequest): Error | undefined {
  const { access } = routeOptions.config;
  try {
    if (access) authorize(access, callContext.principal, undefined);
    return undefined;
  } catch (error) {
    return error as Error;
  }
}
