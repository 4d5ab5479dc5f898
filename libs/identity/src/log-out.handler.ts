import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { LogOut } from './contracts/index.js';
import { RefreshTokens } from './refresh-tokens.js';

@CommandHandler(LogOut)
export class LogOutHandler implements ICommandHandler<LogOut> {
  constructor(private readonly refreshTokens: RefreshTokens) {}

  async execute({ refreshToken }: LogOut) {
    await this.refreshTokens.end(refreshToken);
  }
}
