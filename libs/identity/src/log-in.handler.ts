import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Database, WithoutTransaction } from '#kernel';
import { AccessTokens } from './access-tokens.js';
import { LogIn } from './contracts/index.js';
import { nobodysHash, passwordMatches } from './password.js';
import { RefreshTokens } from './refresh-tokens.js';
import { ACCESS_TOKEN_SECONDS } from './signing-keys.js';
import { Users } from './users.js';

/** Without a transaction: hashing takes long, and would hold a database connection meanwhile. */
@CommandHandler(LogIn)
@WithoutTransaction()
export class LogInHandler implements ICommandHandler<LogIn> {
  constructor(
    private readonly database: Database,
    private readonly users: Users,
    private readonly accessTokens: AccessTokens,
    private readonly refreshTokens: RefreshTokens,
  ) {}

  async execute({ email, password }: LogIn) {
    const user = await this.users.byEmail(email);
    const matches = await passwordMatches(password, user?.state.passwordHash ?? nobodysHash);
    if (!user || !matches) throw LogIn.failure('identity.credentials_wrong');
    const accessToken = await this.accessTokens.issue(user);
    return this.database.transaction(async () => ({
      accessToken,
      refreshToken: await this.refreshTokens.begin(user.state.id),
      expiresIn: ACCESS_TOKEN_SECONDS,
    }));
  }
}
