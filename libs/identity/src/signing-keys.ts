import { generateKeyPairSync } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock, Database, Ids, sql } from '#kernel';

/** The ES256 keys (RFC 7518) that access tokens are signed with. A retired key signs no more, but still checks. */
@Injectable()
export class SigningKeys {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  async active(): Promise<{ kid: string; privatePem: string } | undefined> {
    return this.database.one(sql`
      select kid, private_pem as "privatePem" from signing_key where retired_at is null order by created_at desc, kid desc limit 1`);
  }

  async create(): Promise<void> {
    const kid = this.ids.next();
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' };
    await this.database.query(sql`
      insert into signing_key (kid, private_pem, public_jwk, created_at)
      values (${kid}, ${privateKey.export({ format: 'pem', type: 'pkcs8' })}, ${JSON.stringify(jwk)}, ${this.clock.instant()})`);
  }
}
