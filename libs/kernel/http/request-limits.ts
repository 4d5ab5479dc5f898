import { Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Limit, type Policy, RateLimits } from '#kernel/edge';
import { edgeFailure } from './edge-failure.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    limit?: Limit | 'none';
  }
}

/** Counts requests, and says in headers how many are left (draft-ietf-httpapi-ratelimit-headers-11). */
@Injectable()
export class RequestLimits {
  constructor(private readonly limits: RateLimits) {}

  /** Counts at the routes that have a limit, before their body is read; no other route pays for it. */
  countAt(fastify: FastifyInstance): void {
    fastify.addHook('onRoute', (route) => {
      const policy = this.limits.policy(route.config?.limit);
      if (!policy) return;
      const count = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void => {
        const later = policy.name !== 'credentials' && request.headers.authorization !== undefined;
        done(later ? undefined : this.refusal(policy, request, reply));
      };
      route.onRequest = [route.onRequest ?? [], count].flat();
    });
  }

  /** Counts what came with a token, once it is known whose: a user's, or, where it is wrong, its sender's. @throws http.too_many_requests */
  countBearer(request: FastifyRequest, reply: FastifyReply, user?: string): void {
    const policy = this.limits.policy(request.routeOptions.config.limit);
    if (!policy || policy.name === 'credentials') return;
    const refusal = this.refusal(policy, request, reply, user);
    if (refusal) throw refusal;
  }

  private refusal(policy: Policy, { ip }: FastifyRequest, reply: FastifyReply, user?: string): Error | undefined {
    const taken = this.limits.take(policy, { address: ip, user });
    if (!taken) return undefined;
    const { name, requests, seconds } = policy;
    const { admitted, remaining, next } = taken;
    reply.header('ratelimit-policy', `"${name}";q=${requests};w=${seconds}`);
    reply.header('ratelimit', `"${name}";r=${remaining};t=${next}`);
    return admitted ? undefined : edgeFailure('http.too_many_requests', { policy: name, retryAfter: next });
  }
}
