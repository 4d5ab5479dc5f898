import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { context } from '#kernel/core';
import { IdentityTables1760000000000 } from '#migrations/identity/identity-tables.js';
import { KeyRotation1760000000002 } from '#migrations/identity/key-rotation.js';
import { LogInTallies1760000000003 } from '#migrations/identity/log-in-tallies.js';
import { RefreshSuccessors1760000000001 } from '#migrations/identity/refresh-successors.js';
import { AccessTokens } from './access-tokens.js';
import { DemoAccounts } from './demo-accounts.js';
import { FirstBoot } from './first-boot.js';
import { GetJwksHandler } from './get-jwks.handler.js';
import { GetMeHandler } from './get-me.handler.js';
import { IdentitySettings } from './identity-settings.js';
import { LogInAttempts } from './log-in-attempts.js';
import { LogInHandler } from './log-in.handler.js';
import { LogOutHandler } from './log-out.handler.js';
import { PasswordLine } from './password-line.js';
import { RefreshHandler } from './refresh.handler.js';
import { RefreshTokens } from './refresh-tokens.js';
import { RegisterHandler } from './register.handler.js';
import { RenewSigningKeyHandler } from './renew-signing-key.handler.js';
import { RotateSigningKeyHandler } from './rotate-signing-key.handler.js';
import { SigningKeys } from './signing-keys.js';
import { Users } from './users.js';

@Module({
  imports: [
    context('identity', {
      migrations: [
        IdentityTables1760000000000,
        RefreshSuccessors1760000000001,
        KeyRotation1760000000002,
        LogInTallies1760000000003,
      ],
      settings: IdentitySettings,
    }),
    JwtModule.register({}),
  ],
  providers: [
    FirstBoot,
    DemoAccounts,
    SigningKeys,
    AccessTokens,
    RefreshTokens,
    LogInAttempts,
    PasswordLine,
    Users,
    RegisterHandler,
    LogInHandler,
    RefreshHandler,
    LogOutHandler,
    GetMeHandler,
    GetJwksHandler,
    RotateSigningKeyHandler,
    RenewSigningKeyHandler,
  ],
})
export class IdentityModule {}
