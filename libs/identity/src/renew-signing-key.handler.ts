import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { RenewSigningKey } from './renew-signing-key.js';
import { SigningKeys } from './signing-keys.js';

@CommandHandler(RenewSigningKey)
export class RenewSigningKeyHandler implements ICommandHandler<RenewSigningKey> {
  constructor(private readonly keys: SigningKeys) {}

  async execute({ kid }: RenewSigningKey) {
    await this.keys.renew(kid);
  }
}
