import { Logger } from '@nestjs/common';
import { type Clock, isoInstant } from '#kernel/base';
import type { Database } from '../database/database.js';
import { Sql, sql } from '../database/sql.js';
import { Loop } from '../runtime/loop.js';

const DAY_MS = 86_400_000;
/** Few: every read looks into each partition. Made at boot and every hour. */
const DAYS_AHEAD = 3;
const HOUR_MS = 3_600_000;
/** Old partitions can wait until the process has started. */
const FIRST_ROUND_MS = 10_000;

/** How many days are kept: a message is remembered longer than it can come again. */
export interface RetentionDays {
  readonly outbox: number;
  readonly inbox: number;
  readonly calls: number;
}

/**
 * Keeps a partition for every day ahead and drops the old ones whole. Ids are UUIDv7, so a message's id tells its day.
 * An outbox partition that some destination has not passed stays, however old it is.
 */
export class Retention {
  private readonly logger = new Logger('Retention');
  private readonly loop: Loop;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly days: RetentionDays,
  ) {
    this.loop = new Loop('Retention', `partitions of "${database.context}"`, HOUR_MS, () => this.maintain());
  }

  /** Makes the partitions that are needed before anything is written. */
  async prepare(): Promise<void> {
    const { missing } = await this.partitions();
    if (missing.length > 0) await this.maintain();
  }

  start(): void {
    this.loop.start(FIRST_ROUND_MS);
  }

  stop(): Promise<void> {
    return this.loop.stop();
  }

  /** One round: makes the partitions ahead and drops the old ones. Replicas may race. */
  async maintain(): Promise<void> {
    const { missing, old } = await this.partitions();
    if (missing.length > 0 || old.length > 0) {
      await this.database.transaction(async () => {
        await this.database.query(
          sql`select pg_advisory_xact_lock(hashtext(${`cleave retention ${this.database.context}`}))`,
        );
        for (const { table, day } of missing) await this.create(table, day);
        for (const name of old) await this.drop(name);
      });
    }
    // Not read to for a day, while others were: their messages go another way, or their subscriber is gone.
    await this.database.query(
      sql`delete from outbox_cursor where read_at < (select max(read_at) from outbox_cursor) - interval '1 day'`,
    );
    for (const table of ['outbox', 'inbox'] as const) await this.trimRest(table, this.today - this.days[table]);
    await this.database.query(
      sql`delete from call_record where at < now() - make_interval(days => ${this.days.calls})`,
    );
  }

  private get today(): number {
    return Math.floor(this.clock.now() / DAY_MS);
  }

  /** The partitions to make and to drop. */
  private async partitions(): Promise<{ missing: { table: string; day: number }[]; old: string[] }> {
    const { today } = this;
    const rows = await this.database.query<{ name: string }>(sql`
      select child.relname as name from pg_inherits join pg_class child on child.oid = inhrelid
      where inhparent in ('outbox'::regclass, 'inbox'::regclass)`);
    const existing = rows.map(({ name }) => name);
    const wanted = ['outbox', 'inbox'].flatMap((table) =>
      Array.from({ length: DAYS_AHEAD }, (_, ahead) => ({ table, day: today + ahead })),
    );
    return {
      missing: wanted.filter(({ table, day }) => !existing.includes(nameOf(table, day))),
      old: existing.filter((name) => {
        const [, table] = /^(outbox|inbox)_\d+$/.exec(name) ?? [];
        return table !== undefined && name < nameOf(table, today - this.days[table as 'outbox' | 'inbox']);
      }),
    };
  }

  /** A day whose first messages came before its partition could be made stays in the rest: a partition cannot be made around rows. */
  private async create(table: string, day: number): Promise<void> {
    const [from, to] = [firstIdOf(day), firstIdOf(day + 1)];
    const [row] = await this.database.query<{ taken: boolean }>(
      literal(
        `select exists (select 1 from ${table}_rest where message_id >= '${from}' and message_id < '${to}') as taken`,
      ),
    );
    if (row!.taken) return;
    await this.database.query(
      literal(
        `create table if not exists ${nameOf(table, day)} partition of ${table} for values from ('${from}') to ('${to}')`,
      ),
    );
  }

  /** Deletes old rows of the rest, which has those that came before their partition was made: seldom any. */
  private async trimRest(table: 'outbox' | 'inbox', day: number): Promise<void> {
    if (table === 'outbox' && (await this.isUnread('outbox_rest'))) return;
    await this.database.query(literal(`delete from ${table}_rest where message_id < '${firstIdOf(day)}'`));
  }

  /** Whether some destination has not read all of it. */
  private async isUnread(partition: string): Promise<boolean> {
    const [row] = await this.database.query<{ unread: boolean }>(
      literal(
        `select exists (select 1 from outbox_cursor where (select max(xid) from ${partition}) >= pg_snapshot_xmin(seen)) as unread`,
      ),
    );
    return row!.unread;
  }

  private async drop(name: string): Promise<void> {
    if (name.startsWith('outbox') && (await this.isUnread(name))) {
      this.logger.warn(
        `${name} of "${this.database.context}" is past its retention but not read by every destination; it stays`,
      );
      return;
    }
    await this.database.query(literal(`drop table if exists ${name}`));
  }
}

const nameOf = (table: string, day: number): string =>
  `${table}_${isoInstant(day * DAY_MS)
    .slice(0, 10)
    .replaceAll('-', '')}`;

/** The lowest UUIDv7 of a day: 48 bits of milliseconds, the rest zero. */
function firstIdOf(day: number): string {
  const hex = (day * DAY_MS).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

const literal = (text: string): Sql => new Sql(text, [], undefined);
