import { generateKeyPairSync } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock, Ids, isoInstant } from '#kernel/base';
import { Database, send, sql } from '#kernel/core';
import { IdentitySettings } from './identity-settings.js';
import { RenewSigningKey } from './renew-signing-key.js';

/** The life of an access token: how long a key is needed after its last signature. */
export const ACCESS_TOKEN_SECONDS = 15 * 60;

/** Twice that: clocks differ. */
const PUBLISHED_AFTERWARDS_MS = 2 * ACCESS_TOKEN_SECONDS * 1_000;

const DAY_MS = 86_400_000;

interface Newest {
  readonly kid: string;
  readonly signsFrom: string;
  readonly renewalAt: string | null;
}

/**
 * The ES256 keys (RFC 7518) that access tokens are signed with. A new one is published first and signs later, when
 * whoever keeps the published keys has it; the one before it signs until then, and is published until its tokens are over.
 */
@Injectable()
export class SigningKeys {
  constructor(
    private readonly database: Database,
    private readonly settings: IdentitySettings,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /** The key that signs now. */
  async signing(): Promise<{ kid: string; privatePem: string } | undefined> {
    const now = this.clock.instant();
    return this.database.one(sql`
      select kid, private_pem as "privatePem" from signing_key
      where signs_from <= ${now} and (retired_at is null or retired_at > ${now}) order by signs_from desc, kid desc limit 1`);
  }

  /** Every key by which a token may be checked now or soon, as JWKs. */
  async published<Jwk>(): Promise<Jwk[]> {
    const answer = await this.database.one<{ keys: Jwk[] }>(sql`
      select coalesce(json_agg(public_jwk order by created_at desc, kid desc), '[]') as keys
      from signing_key where retired_at is null or retired_at > ${this.clock.instant(-PUBLISHED_AFTERWARDS_MS)}`);
    return answer!.keys;
  }

  /** At boot: a key that signs at once where there is none, and a date for the newest one's renewal. */
  async begin(): Promise<void> {
    await this.lock();
    const newest = await this.newest();
    if (!newest || !(await this.signing())) {
      await this.add(this.clock.now());
      return;
    }
    // The interval may have become shorter since the date was set, or the word of it has died.
    const due = this.due(newest);
    if (!newest.renewalAt || newest.renewalAt > due || due < this.clock.instant()) await this.date(newest);
  }

  /** Publishes a new key, whose turn comes shortly, and answers its id. */
  async rotate(): Promise<string> {
    await this.lock();
    return this.add(this.clock.now() + this.settings.IDENTITY_KEY_LEAD * 1_000);
  }

  /** The time of the key `kid` is up, unless another one has followed it or the interval became longer. */
  async renew(kid: string): Promise<void> {
    await this.lock();
    const newest = await this.newest();
    if (newest?.kid !== kid) return;
    if (this.due(newest) > this.clock.instant()) await this.date(newest);
    else await this.add(this.clock.now() + this.settings.IDENTITY_KEY_LEAD * 1_000);
  }

  /** Replicas rotate one at a time: the second finds what the first has made. Readers are not held up. */
  private async lock(): Promise<void> {
    await this.database.query(sql`lock table signing_key in share row exclusive mode`);
  }

  private newest(): Promise<Newest | undefined> {
    return this.database.one(sql`
      select kid, signs_from as "signsFrom", renewal_at as "renewalAt" from signing_key
      where retired_at is null order by signs_from desc, kid desc limit 1`);
  }

  private due({ signsFrom }: Pick<Newest, 'signsFrom'>): string {
    return isoInstant(Date.parse(signsFrom) + this.settings.IDENTITY_KEY_ROTATION * DAY_MS);
  }

  private async date(key: Pick<Newest, 'kid' | 'signsFrom'>): Promise<void> {
    const due = this.due(key);
    await this.database.query(sql`update signing_key set renewal_at = ${due} where kid = ${key.kid}`);
    send(new RenewSigningKey({ kid: key.kid }), { at: due });
  }

  private async add(signsFromMs: number): Promise<string> {
    const kid = this.ids.next();
    const signsFrom = isoInstant(signsFromMs);
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' };
    await this.database.query(
      sql`delete from signing_key where retired_at <= ${this.clock.instant(-PUBLISHED_AFTERWARDS_MS)}`,
    );
    await this.database.query(sql`update signing_key set retired_at = ${signsFrom} where retired_at is null`);
    await this.database.query(sql`
      insert into signing_key (kid, private_pem, public_jwk, created_at, signs_from)
      values (${kid}, ${privateKey.export({ format: 'pem', type: 'pkcs8' })}, ${JSON.stringify(jwk)}, ${this.clock.instant()}, ${signsFrom})`);
    await this.date({ kid, signsFrom });
    return kid;
  }
}
