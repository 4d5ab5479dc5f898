import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { secretToken } from '#kernel/base';
import { Database, WithoutTransaction } from '#kernel/core';
import { AccessTokens } from './access-tokens.js';
import { Refresh } from './contracts/index.js';
import { RefreshTokens } from './refresh-tokens.js';
import { ACCESS_TOKEN_SECONDS } from './signing-keys.js';
import { Users } from './users.js';

/** Without the kernel's transaction: a refusal would roll the revocation back that it comes with. */
@CommandHandler(Refresh)
@WithoutTransaction()
export class RefreshHandler implements ICommandHandler<Refresh> {
  constructor(
    private readonly database: Database,
    private readonly users: Users,
    private readonly accessTokens: AccessTokens,
    private readonly refreshTokens: RefreshTokens,
  ) {}

  async execute({ refreshToken, attempt = secretToken() }: Refresh) {
    const tokens = await this.database.transaction(async () => {
      const next = await this.refreshTokens.replace(refreshToken, attempt);
      const user = next && (await this.users.byId(next.userId));
      if (!user) return undefined;
      return {
        accessToken: await this.accessTokens.issue(user),
        refreshToken: next.token,
        expiresIn: ACCESS_TOKEN_SECONDS,
      };
    });
    if (!tokens) throw Refresh.failure('identity.refresh_token_invalid');
    return tokens;
  }
}
