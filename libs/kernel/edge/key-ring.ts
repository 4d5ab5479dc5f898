import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { Clock, errorText } from '#kernel/base';
import { kernelFailure } from '#kernel/messages';

/** A query without input, answered by a JWK set (RFC 7517): the application names it, for the kernel knows no context. */
export type JwksQuery = new (input: Record<string, never>) => object;
export const JWKS_QUERY = Symbol('cleave:jwks-query');

const FRESH_MS = 60_000;
const SHORTEST_INTERVAL_MS = 10_000;

/** The public keys by which tokens are checked: asked for once a minute, and when a key turns up that nobody knows. */
@Injectable()
export class KeyRing {
  private readonly logger = new Logger('KeyRing');
  private keys: ReadonlyMap<string, KeyObject> | undefined;
  private askedAt = -Infinity;
  private asking: Promise<void> | undefined;

  constructor(
    private readonly queries: QueryBus,
    private readonly clock: Clock,
    @Inject(JWKS_QUERY) private readonly Jwks: JwksQuery,
  ) {}

  /** @throws kernel.unauthenticated for a key that is none of ours, or a Failure where the keys cannot be had */
  async key(id: string): Promise<KeyObject> {
    const age = this.clock.now() - this.askedAt;
    if (!this.keys || age > FRESH_MS || (!this.keys.has(id) && age > SHORTEST_INTERVAL_MS)) {
      this.asking ??= this.ask().finally(() => (this.asking = undefined));
      await this.asking;
    }
    const key = this.keys?.get(id);
    if (!key) throw kernelFailure('kernel.unauthenticated');
    return key;
  }

  private async ask(): Promise<void> {
    try {
      const { keys } = await this.queries.execute<object, { keys: (JsonWebKey & { kid: string })[] }>(
        new this.Jwks({}),
      );
      this.keys = new Map(keys.map((jwk) => [jwk.kid, createPublicKey({ key: jwk, format: 'jwk' })]));
    } catch (error) {
      if (!this.keys) throw error;
      this.logger.warn(`the keys could not be renewed, the old ones still hold: ${errorText(error)}`);
    }
    this.askedAt = this.clock.now();
  }
}
