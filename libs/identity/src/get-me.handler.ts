import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { Database, principal, sql } from '#kernel/core';
import { kernelFailure } from '#kernel/messages';
import { GetMe } from './contracts/index.js';
import type { Role } from './role.js';

@QueryHandler(GetMe)
export class GetMeHandler implements IQueryHandler<GetMe> {
  constructor(private readonly database: Database) {}

  async execute() {
    const { kind, id } = principal();
    const me =
      kind === 'user' &&
      (await this.database.one<{ id: string; email: string; name: string; roles: Role[] }>(
        sql`select id, email, name, roles from account where id = ${id}`,
      ));
    if (!me) throw kernelFailure('kernel.unauthenticated'); // the account has gone, its token has not yet
    return me;
  }
}
