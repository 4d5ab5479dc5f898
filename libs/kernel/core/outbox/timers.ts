import type { Clock } from '#kernel/base';
import type { Database } from '../database/database.js';
import { sql } from '../database/sql.js';
import { Loop } from '../runtime/loop.js';
import { messageColumns } from './message-rows.js';

const POLL_MS = 1_000;

/** Moves messages that are due into the outbox. Any number of processes may do so at once. */
export class Timers {
  private readonly loop: Loop;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly moved: () => void,
  ) {
    const failing = `timers of "${database.context}" not read, trying again`;
    this.loop = new Loop('Timers', failing, POLL_MS, () => this.moveDue());
  }

  start(): void {
    this.loop.start();
  }

  /** A message will be due at `instant`: brings the next poll forward where it would come too late. */
  expect(instant: string): void {
    if (Date.parse(instant) - this.clock.now() < POLL_MS) this.loop.wake();
  }

  stop(): Promise<void> {
    return this.loop.stop();
  }

  /** Moves the messages that are due. @returns milliseconds until the next poll */
  private async moveDue(): Promise<number> {
    const now = this.clock.now();
    const row = await this.database.one<{ moved: number; next_ms: number | null }>(sql`
      with due as (
        delete from outbox_timer where message_id in (
          select message_id from outbox_timer where due <= to_timestamp(${now / 1000}) order by due limit 500 for update skip locked)
        returning ${messageColumns}, slot, due
      ), moved as (
        insert into outbox (${messageColumns}, slot) select ${messageColumns}, slot from due order by due
        returning 1
      )
      select (select count(*)::int from moved) as moved,
        (select extract(epoch from min(due))::float8 * 1000 from outbox_timer where due > to_timestamp(${now / 1000})) as next_ms`);
    if (row!.moved > 0) this.moved();
    if (row!.moved === 500) return 0;
    return Math.max(1, Math.min(POLL_MS, (row!.next_ms ?? Number.POSITIVE_INFINITY) - this.clock.now()));
  }
}
