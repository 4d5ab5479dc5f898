import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { GetJwks } from './contracts/index.js';
import { SigningKeys } from './signing-keys.js';

@QueryHandler(GetJwks)
export class GetJwksHandler implements IQueryHandler<GetJwks> {
  constructor(private readonly keys: SigningKeys) {}

  async execute() {
    return { keys: await this.keys.published<Record<'kty' | 'crv' | 'x' | 'y' | 'kid' | 'alg' | 'use', string>>() };
  }
}
