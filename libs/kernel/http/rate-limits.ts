import { isIP } from 'node:net';
import { Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Clock, networkOf } from '#kernel/base';
import { edgeFailure } from './edge-failure.js';
import { HttpSettings } from './http-settings.js';
import { Quota, type QuotaSize } from './quota.js';

/**
 * What a request counts as. `reads` and `writes` count by user, or by address where nobody is logged in, and not for the
 * machine itself (loopback). `credentials` are what can be guessed at: they count by address, whoever asks.
 */
export type Limit = 'reads' | 'writes' | 'credentials';

declare module 'fastify' {
  interface FastifyContextConfig {
    limit?: Limit | 'none';
  }
}

interface Policy {
  readonly name: Limit;
  readonly header: string;
  readonly quota: Quota;
}

/** Counts requests in this process's memory: each replica allows the whole quota. */
@Injectable()
export class RateLimits {
  private readonly policies: ReadonlyMap<string | undefined, Policy>;

  constructor(clock: Clock, settings: HttpSettings) {
    const sizes: Record<Limit, QuotaSize | undefined> = {
      reads: settings.RATE_LIMIT_READS,
      writes: settings.RATE_LIMIT_WRITES,
      credentials: settings.RATE_LIMIT_CREDENTIALS,
    };
    const limited = settings.RATE_LIMIT ? Object.entries(sizes) : [];
    this.policies = new Map(
      limited.flatMap(([name, size]) => (size ? [[name, policy(name as Limit, size, clock)] as const] : [])),
    );
  }

  /** Counts at the routes that have a limit, before their body is read; no other route pays for it. */
  countAt(fastify: FastifyInstance): void {
    fastify.addHook('onRoute', (route) => {
      const limited = this.policies.get(route.config?.limit);
      if (!limited) return;
      const count = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void => {
        const later = limited.name !== 'credentials' && request.headers.authorization !== undefined;
        done(later ? undefined : this.refusal(limited, request, reply));
      };
      route.onRequest = [route.onRequest ?? [], count].flat();
    });
  }

  /** Counts what came with a token, once it is known whose: a user's, or, where it is wrong, its sender's. @throws http.too_many_requests */
  countBearer(request: FastifyRequest, reply: FastifyReply, user?: string): void {
    const limited = this.policies.get(request.routeOptions.config.limit);
    if (!limited || limited.name === 'credentials') return;
    const refusal = this.refusal(limited, request, reply, user);
    if (refusal) throw refusal;
  }

  private refusal(
    { name, header, quota }: Policy,
    { ip }: FastifyRequest,
    reply: FastifyReply,
    user?: string,
  ): Error | undefined {
    if (name !== 'credentials' && isLoopback(ip)) return undefined;
    const { admitted, remaining, next } = quota.take(user ?? clientAt(ip));
    reply.header('ratelimit-policy', header);
    reply.header('ratelimit', `"${name}";r=${remaining};t=${next}`);
    return admitted ? undefined : edgeFailure('http.too_many_requests', { policy: name, retryAfter: next });
  }
}

/** The headers are those of draft-ietf-httpapi-ratelimit-headers-11. */
const policy = (name: Limit, size: QuotaSize, clock: Clock): Policy => ({
  name,
  header: `"${name}";q=${size.requests};w=${size.seconds}`,
  quota: new Quota(clock, size),
});

const isLoopback = (ip: string): boolean => ip.startsWith('127.') || ip === '::1' || ip.startsWith('::ffff:127.');

/** Who an address counts for: its network, and one for all that is no address. */
export const clientAt = (ip: string): string => (isIP(ip) === 0 ? 'unknown' : networkOf(ip));
