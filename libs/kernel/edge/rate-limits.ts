import { isIP } from 'node:net';
import { Injectable } from '@nestjs/common';
import { Clock, networkOf } from '#kernel/base';
import { EdgeSettings } from './edge-settings.js';
import { Quota, type QuotaSize, type Taken } from './quota.js';

/**
 * The kinds of limits. `reads` and `writes` count by user, or by address where nobody is logged in, and not for the
 * machine itself (loopback). `credentials` are what can be guessed at: they count by address, whoever asks.
 */
export type Limit = 'reads' | 'writes' | 'credentials';

/** A limit that is in force. */
export interface Policy extends QuotaSize {
  readonly name: Limit;
  readonly quota: Quota;
}

/** A client, as a quota sees it. */
export interface Client {
  readonly address: string;
  /** The id of whoever is logged in. */
  readonly user?: string | undefined;
}

/** Counts requests in this process's memory, of all edges together: each replica allows the whole quota. */
@Injectable()
export class RateLimits {
  private readonly policies: ReadonlyMap<string | undefined, Policy>;

  constructor(clock: Clock, settings: EdgeSettings) {
    const sizes: Record<Limit, QuotaSize | undefined> = {
      reads: settings.RATE_LIMIT_READS,
      writes: settings.RATE_LIMIT_WRITES,
      credentials: settings.RATE_LIMIT_CREDENTIALS,
    };
    const limited = settings.RATE_LIMIT ? Object.entries(sizes) : [];
    this.policies = new Map(
      limited.flatMap(([name, size]) =>
        size ? [[name, { ...size, name: name as Limit, quota: new Quota(clock, size) }] as const] : [],
      ),
    );
  }

  /** The policy for requests of this kind. Undefined where they are not limited. */
  policy(limit: Limit | 'none' | undefined): Policy | undefined {
    return this.policies.get(limit);
  }

  /** Counts a request. Undefined where this client is not counted. */
  take({ name, quota }: Policy, { address, user }: Client): Taken | undefined {
    if (name !== 'credentials' && isLoopback(address)) return undefined;
    return quota.take(user ?? clientAt(address));
  }
}

const isLoopback = (address: string): boolean =>
  address.startsWith('127.') || address === '::1' || address.startsWith('::ffff:127.');

/** The client that an address counts for: its network; one client for everything that is no address. */
export const clientAt = (address: string): string => (isIP(address) === 0 ? 'unknown' : networkOf(address));
