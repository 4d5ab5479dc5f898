import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { Clock, Database, sql } from '#kernel';
import { ACCESS_TOKEN_SECONDS } from './access-tokens.js';
import { GetJwks } from './contracts/index.js';

@QueryHandler(GetJwks)
export class GetJwksHandler implements IQueryHandler<GetJwks> {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** A retired key stays for twice the life of the tokens that it signed: clocks differ. */
  async execute() {
    const retiredSince = this.clock.instant(-2 * ACCESS_TOKEN_SECONDS * 1_000);
    const answer = await this.database.one<{
      keys: Record<'kty' | 'crv' | 'x' | 'y' | 'kid' | 'alg' | 'use', string>[];
    }>(sql`
      select coalesce(json_agg(public_jwk order by created_at desc), '[]') as keys
      from signing_key where retired_at is null or retired_at > ${retiredSince}`);
    return answer!;
  }
}
