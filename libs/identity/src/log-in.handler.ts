import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Database, WithoutTransaction } from '#kernel/core';
import { AccessTokens } from './access-tokens.js';
import { LogIn } from './contracts/index.js';
import { LogInAttempts } from './log-in-attempts.js';
import { nobodysHash, passwordMatches } from './password.js';
import { PasswordLine } from './password-line.js';
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
    private readonly passwords: PasswordLine,
    private readonly attempts: LogInAttempts,
    private readonly accessTokens: AccessTokens,
    private readonly refreshTokens: RefreshTokens,
  ) {}

  async execute(command: LogIn) {
    await this.refuseIfBlocked(command);
    const user = await this.users.byEmail(command.email);
    const hash = user?.state.passwordHash ?? nobodysHash;
    const matches = await this.passwords.run(() => passwordMatches(command.password, hash));
    if (!matches) await this.attempts.failed(command);
    // Of guesses made at once, those that come after the last free one learn nothing, the right one neither.
    await this.refuseIfBlocked(command);
    if (!user || !matches) throw LogIn.failure('identity.credentials_wrong');
    const accessToken = await this.accessTokens.issue(user);
    return this.database.transaction(async () => {
      await this.attempts.succeeded(command);
      return {
        accessToken,
        refreshToken: await this.refreshTokens.begin(user.state.id),
        expiresIn: ACCESS_TOKEN_SECONDS,
      };
    });
  }

  private async refuseIfBlocked(command: LogIn): Promise<void> {
    const retryAfter = await this.attempts.wait(command);
    if (retryAfter > 0) throw LogIn.failure('identity.too_many_attempts', { retryAfter });
  }
}
