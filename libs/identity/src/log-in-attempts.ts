import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock, networkOf, secretToken } from '#kernel/base';
import { Database, sql } from '#kernel/core';

const HOUR_MS = 3_600_000;
const KNOWN_MS = 90 * 24 * HOUR_MS;

/** So many failures are free, those of a known pair more, until the tally ends; each further one blocks for twice as long as the one before, from 30 s to 16 min. */
interface Allowance {
  readonly free: number;
  readonly known: number;
  readonly forMs: number;
}
const pairAllowance: Allowance = { free: 5, known: 20, forMs: 24 * HOUR_MS };
const networkAllowance: Allowance = { free: 100, known: 100, forMs: HOUR_MS };

interface Attempt {
  readonly email: string;
  readonly address?: string | undefined;
  /** New for each request, so that the bus's repeat of it does not count twice. */
  readonly attempt?: string | undefined;
}

/**
 * How often logging in has failed: for an account from a network, so that a stranger elsewhere locks nobody out, and
 * from a network for all accounts together, which does not concern who has logged in from there before. Whether
 * there is such an account makes no difference.
 */
@Injectable()
export class LogInAttempts {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** Seconds until such an attempt is heard again; 0: now. */
  async wait(by: Attempt): Promise<number> {
    const { pair, network, attempt } = keysOf(by);
    const now = this.clock.instant();
    const row = await this.database.one<{ until: string | null }>(sql`
      select max(blocked_until) as until from log_in_tally
      where blocked_until > ${now} and ${attempt} <> all (attempts) and (key = ${pair} or key = ${network}
        and not exists (select from log_in_tally where key = ${pair} and known_until > ${now}))`);
    return row?.until ? Math.ceil((Date.parse(row.until) - this.clock.now()) / 1_000) : 0;
  }

  /** Counts a failure, unless what it belongs to is blocked already. */
  async failed(by: Attempt): Promise<void> {
    const { pair, network, attempt } = keysOf(by);
    await this.count(pair, attempt, pairAllowance);
    await this.count(network, attempt, networkAllowance);
    const now = this.clock.instant();
    await this.database.query(sql`
      delete from log_in_tally where key in (
        select key from log_in_tally where greatest(ends_at, known_until) <= ${now} limit 100 for update skip locked)`);
  }

  /** The pair is known from now on. Its network's failures stay: an account of one's own must not clear them. */
  async succeeded(by: Attempt): Promise<void> {
    const now = this.clock.instant();
    const known = this.clock.instant(KNOWN_MS);
    await this.database.query(sql`
      insert into log_in_tally (key, failures, ends_at, known_until) values (${keysOf(by).pair}, 0, ${now}, ${known})
      on conflict (key) do update set failures = 0, blocked_until = null, known_until = ${known}`);
  }

  /** One statement, so that guesses made at once are counted one after the other. */
  private async count(key: Buffer, attempt: string, { free, known, forMs }: Allowance): Promise<void> {
    const now = this.clock.instant();
    const end = this.clock.instant(forMs);
    await this.database.query(sql`
      insert into log_in_tally as tally (key, failures, attempts, ends_at) values (${key}, 1, array[${attempt}], ${end})
      on conflict (key) do update set attempts = (${attempt}::text || tally.attempts)[1:8], (failures, blocked_until, ends_at) = (
        select failed,
          case when failed >= free then ${now}::timestamptz + interval '30 s' * 2 ^ least(failed - free, 5) end,
          case when failed = 1 then ${end}::timestamptz else tally.ends_at end
        from (select case when tally.ends_at <= ${now} then 1 else tally.failures + 1 end as failed,
          case when tally.known_until > ${now} then ${known}::integer else ${free}::integer end as free) counted)
      where coalesce(tally.blocked_until <= ${now}, true) and ${attempt} <> all (tally.attempts)`);
  }
}

function keysOf({ email, address = '', attempt = secretToken() }: Attempt) {
  const network = networkOf(address);
  const hash = (...of: string[]): Buffer => createHash('sha256').update(JSON.stringify(of)).digest();
  return { pair: hash(email.toLowerCase(), network), network: hash(network), attempt };
}
