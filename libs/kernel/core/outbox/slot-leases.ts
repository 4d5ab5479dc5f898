import type { Database } from '../database/database.js';
import { sql } from '../database/sql.js';
import { SLOTS } from './kernel-tables.js';

const LEASE_SECONDS = 10;

/**
 * Shares the slots of one outbox among the processes that read it. Leases serve speed and order alone: if two processes
 * ever hold one slot, the inbox still lets every message take effect once.
 */
export class SlotLeases {
  private held: number[] = [];
  /** No other process reads this outbox. */
  alone = true;

  constructor(
    private readonly database: Database,
    /** The same after a restart where it can be: the process then gets its slots back at once. */
    private readonly instance: string,
  ) {}

  /** The slots that this process holds. */
  get slots(): readonly number[] {
    return this.held;
  }

  /** Renews the held slots, acquires free ones and releases those beyond a fair share. */
  async renew(): Promise<{ gained: number[]; lost: number[] }> {
    const [{ others } = { others: 0 }] = await this.database.query<{ others: number }>(sql`
      with beat as (
        insert into outbox_instance (id, until) values (${this.instance}, now() + make_interval(secs => ${LEASE_SECONDS}))
        on conflict (id) do update set until = excluded.until
      ), gone as (
        delete from outbox_instance where until < now() - interval '1 hour'
      )
      select count(*)::int as others from outbox_instance where until > now() and id <> ${this.instance}`);
    this.alone = others === 0;
    const fair = Math.ceil(SLOTS / (others + 1));
    const before = this.held;
    const renewed = await this.slotsOf(sql`
      update outbox_slot set until = now() + make_interval(secs => ${LEASE_SECONDS}) where holder = ${this.instance} returning slot`);
    const kept = renewed.slice(0, fair);
    if (renewed.length > fair) await this.free(renewed.slice(fair));
    const taken = kept.length < fair ? await this.take(fair - kept.length) : [];
    this.held = [...kept, ...taken];
    return {
      gained: this.held.filter((slot) => !before.includes(slot)),
      lost: before.filter((slot) => !this.held.includes(slot)),
    };
  }

  async release(): Promise<void> {
    await this.free(this.held);
    await this.database.query(sql`delete from outbox_instance where id = ${this.instance}`);
    this.held = [];
  }

  private take(count: number): Promise<number[]> {
    return this.slotsOf(sql`
      update outbox_slot set holder = ${this.instance}, until = now() + make_interval(secs => ${LEASE_SECONDS})
      where slot in (
        select slot from outbox_slot where holder is null or until < now() order by slot limit ${count} for update skip locked)
      returning slot`);
  }

  private async free(slots: readonly number[]): Promise<void> {
    await this.database.query(sql`
      update outbox_slot set holder = null, until = null where holder = ${this.instance} and slot = any(${slots})`);
  }

  private async slotsOf(statement: ReturnType<typeof sql>): Promise<number[]> {
    const rows = await this.database.query<{ slot: number }>(statement);
    return rows.map(({ slot }) => slot).toSorted((a, b) => a - b);
  }
}
