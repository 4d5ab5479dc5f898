import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { context } from '#kernel';
import { IdentityTables1760000000000 } from '#migrations/identity/identity-tables.js';
import { AccessTokens } from './access-tokens.js';
import { FirstBoot } from './first-boot.js';
import { GetJwksHandler } from './get-jwks.handler.js';
import { IdentitySettings } from './identity-settings.js';
import { LogInHandler } from './log-in.handler.js';
import { RefreshTokens } from './refresh-tokens.js';
import { SigningKeys } from './signing-keys.js';
import { Users } from './users.js';

@Module({
  imports: [
    context('identity', { migrations: [IdentityTables1760000000000], settings: IdentitySettings }),
    JwtModule.register({}),
  ],
  providers: [FirstBoot, SigningKeys, AccessTokens, RefreshTokens, Users, LogInHandler, GetJwksHandler],
})
export class IdentityModule {}
