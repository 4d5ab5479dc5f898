import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { Clock } from '#kernel/base';
import { ACCESS_TOKEN_SECONDS, SigningKeys } from './signing-keys.js';
import type { User } from './user.js';

/** Signs what a user may do: a JWT (RFC 7519), ES256, that any process can check by the keys of GetJwks. */
@Injectable()
export class AccessTokens {
  constructor(
    private readonly keys: SigningKeys,
    private readonly jwt: JwtService,
    private readonly clock: Clock,
  ) {}

  async issue(user: User): Promise<string> {
    const key = await this.keys.signing();
    if (!key) throw new Error('There is no signing key: one is made when identity starts.');
    const iat = Math.floor(this.clock.now() / 1_000);
    return this.jwt.signAsync(
      { ...user.claims, iat },
      {
        algorithm: 'ES256',
        privateKey: key.privatePem,
        keyid: key.kid,
        issuer: 'cleave',
        audience: 'cleave-api',
        subject: user.state.id,
        expiresIn: ACCESS_TOKEN_SECONDS,
      },
    );
  }
}
