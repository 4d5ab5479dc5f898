import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { RotateSigningKey } from './contracts/index.js';
import { SigningKeys } from './signing-keys.js';

@CommandHandler(RotateSigningKey)
export class RotateSigningKeyHandler implements ICommandHandler<RotateSigningKey> {
  constructor(private readonly keys: SigningKeys) {}

  async execute() {
    return { kid: await this.keys.rotate() };
  }
}
