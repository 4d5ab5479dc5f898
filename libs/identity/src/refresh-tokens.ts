import { createHash, createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock, Ids, secretToken } from '#kernel/base';
import { Database, sql } from '#kernel/core';

const LIFE_MS = 30 * 24 * 60 * 60 * 1_000;

interface Kept {
  readonly userId: string;
  readonly family: string;
  readonly used: boolean;
  readonly over: boolean;
  readonly successor: Buffer | null;
}

/** Refresh tokens, kept as their SHA-256 alone: who reads the table cannot log in with it. */
@Injectable()
export class RefreshTokens {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /** The first token of a new family. */
  async begin(userId: string): Promise<string> {
    const token = secretToken();
    await this.keep(token, this.ids.next(), userId);
    return token;
  }

  /**
   * Whose the token is and the one that replaces it, or undefined where it is worth nothing. A token that was used in
   * another attempt takes its family along. A repeat of the attempt that used it is told what that one was told, though
   * the family may have ended since.
   */
  async replace(token: string, attempt: string): Promise<{ userId: string; token: string } | undefined> {
    const kept = await this.lock(token);
    if (!kept) return undefined;
    const { userId, family, used, over } = kept;
    const next = successorOf(token, attempt);
    if (used) {
      if (kept.successor?.equals(hashOf(next))) return { userId, token: next };
      await this.revoke(family);
      return undefined;
    }
    if (over) return undefined;
    await this.database.query(sql`
      update refresh_token set used_at = ${this.clock.instant()}, successor = ${hashOf(next)} where token_hash = ${hashOf(token)}`);
    await this.keep(next, family, userId);
    return { userId, token: next };
  }

  /** Ends the token's family. */
  async end(token: string): Promise<void> {
    const kept = await this.lock(token);
    if (kept) await this.revoke(kept.family);
  }

  /**
   * All tokens of a user change one at a time, by a lock on the account: a family that is being revoked must not grow
   * a successor that the revocation does not see.
   */
  private async lock(token: string): Promise<Kept | undefined> {
    const hash = hashOf(token);
    await this.database.query(sql`
      select from account where id = (select account_id from refresh_token where token_hash = ${hash}) for no key update`);
    // A statement of its own: it sees what was committed while the first one waited.
    return this.database.one<Kept>(sql`
      select account_id as "userId", family, used_at is not null as used, successor,
        revoked_at is not null or expires_at <= ${this.clock.instant()} as over
      from refresh_token where token_hash = ${hash}`);
  }

  /** Keeps a new token; the user's expired ones go. */
  private async keep(token: string, family: string, userId: string): Promise<void> {
    const now = this.clock.instant();
    await this.database.query(sql`delete from refresh_token where account_id = ${userId} and expires_at < ${now}`);
    await this.database.query(sql`
      insert into refresh_token (token_hash, family, account_id, created_at, expires_at)
      values (${hashOf(token)}, ${family}, ${userId}, ${now}, ${this.clock.instant(LIFE_MS)})`);
  }

  private async revoke(family: string): Promise<void> {
    await this.database.query(sql`
      update refresh_token set revoked_at = ${this.clock.instant()} where family = ${family} and revoked_at is null`);
  }
}

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();

/**
 * The same token for the same attempt, so that a lost answer can be given again though nothing secret is kept; nobody
 * who lacks the old token or the attempt can make it.
 */
export const successorOf = (token: string, attempt: string): string =>
  createHmac('sha256', token).update(attempt).digest('base64url');
