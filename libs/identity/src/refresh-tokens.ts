import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock, Database, Ids, secretToken, sql } from '#kernel';

const LIFE_MS = 30 * 24 * 60 * 60 * 1_000;

/** Refresh tokens, kept as their SHA-256 alone: who reads the table cannot log in with it. */
@Injectable()
export class RefreshTokens {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /** The first token of a new family; the user's expired ones go. */
  async begin(userId: string): Promise<string> {
    const token = secretToken();
    const now = this.clock.instant();
    await this.database.query(sql`delete from refresh_token where account_id = ${userId} and expires_at < ${now}`);
    await this.database.query(sql`
      insert into refresh_token (token_hash, family, account_id, created_at, expires_at)
      values (${createHash('sha256').update(token).digest()}, ${this.ids.next()}, ${userId}, ${now}, ${this.clock.instant(LIFE_MS)})`);
    return token;
  }
}
