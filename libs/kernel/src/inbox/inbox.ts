import type { Database } from '../database/database.js';
import { isConflict } from '../database/database-failure.js';
import { sql } from '../database/sql.js';
import type { OutboxRow } from '../outbox/destination.js';
import { type Ambient, ambient, runIn, service } from '../runtime/ambient.js';
import type { Limit } from '../runtime/deadline.js';
import type { Parking } from './parking.js';

/** Who takes a message: a subscriber's method, or the handler of a sent command. */
export interface Receiver {
  /** Under this name it is stored what was handled; stable. */
  readonly name: string;
  /** True where the handler runs without a transaction: then the message goes through the parking place, with a lease. */
  runsOutside(row: Pick<OutboxRow, 'name'>): boolean;
  /** Checks the message against its contract and handles it. */
  run(row: Pick<OutboxRow, 'name' | 'payload'>): Promise<unknown>;
}

/** So often a message is handled anew at once, where others changed what it was about. */
const CONFLICTS = 5;

/** Ends the transaction of a message that was handled before; no error to anyone else. */
class HandledBefore extends Error {}

/** Takes messages into one context: each takes effect once for each receiver, in order per publisher and key. */
export class Inbox {
  constructor(
    private readonly database: Database,
    private readonly parking: Parking,
    private readonly limit: Limit,
  ) {}

  /** Handles rows in order, in one transaction if they can be, each alone if not. What fails is parked, never lost. */
  take(receiver: Receiver, publisher: string, rows: readonly OutboxRow[]): Promise<void> {
    return this.limit.run(() => this.takeAll(receiver, publisher, rows));
  }

  private async takeAll(receiver: Receiver, publisher: string, rows: readonly OutboxRow[]): Promise<void> {
    if (rows.length === 1) return this.takeOne(receiver, publisher, rows[0]!);
    try {
      await this.handle(receiver, publisher, rows);
    } catch {
      // One of them failed and took the others along: alone, each shows what it is.
      for (const row of rows) await this.takeOne(receiver, publisher, row);
    }
  }

  private async takeOne(receiver: Receiver, publisher: string, row: OutboxRow): Promise<void> {
    if (receiver.runsOutside(row)) return this.parking.admit(receiver.name, publisher, row);
    try {
      await this.handleOne(receiver, publisher, row);
    } catch (error) {
      if (error instanceof HandledBefore) return;
      await this.database.transaction(async () => {
        const [fresh] = await this.enter(receiver, publisher, [row]);
        if (fresh) await this.parking.park(receiver.name, publisher, row, fresh.blocked ? undefined : error);
      });
    }
  }

  /**
   * Its row in the inbox is the fence, written with what it brought about: where the message was handled before, or one of
   * its key is parked, all of it comes to nothing. A rival transaction with the same message is waited for. Where the handler
   * reads first, it is asked before that too whether one of its key is parked: else that one's retry might end in between,
   * and this one have acted on what was before.
   */
  private async handleOne(receiver: Receiver, publisher: string, row: OutboxRow): Promise<void> {
    const inTurn = {
      statement: sql`
        select 1 where not exists (
          select 1 from inbox_parked where subscriber = ${receiver.name} and publisher = ${publisher} and key = ${row.key})`,
      refused: () => new Error(`a message of the key ${row.key} is parked`),
    };
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.database.transaction(async () => {
          const transaction = this.database.currentTransaction()!;
          transaction.precondition = inTurn;
          transaction.again = attempt > 1;
          await runIn(surroundings(this.database.context, publisher, row), () => receiver.run(row));
          await transaction.write({
            statement: sql`
              insert into inbox (message_id, subscriber) values (${row.message_id}, ${receiver.name}) on conflict do nothing returning 1`,
            refused: () => new HandledBefore(),
          });
          await transaction.write(inTurn);
        });
      } catch (error) {
        if (attempt === CONFLICTS || !isConflict(error)) throw error;
      }
    }
  }

  private async handle(receiver: Receiver, publisher: string, rows: readonly OutboxRow[]): Promise<void> {
    await this.database.transaction(async () => {
      const fresh = new Map(
        (await this.enter(receiver, publisher, rows)).map((entry) => [entry.message_id, entry.blocked]),
      );
      for (const row of rows) {
        const blocked = fresh.get(row.message_id);
        if (blocked === undefined) continue; // handled before
        if (blocked || receiver.runsOutside(row)) await this.parking.park(receiver.name, publisher, row);
        else await runIn(surroundings(this.database.context, publisher, row), () => receiver.run(row));
      }
    });
  }

  /**
   * Records that the messages are being handled; answers those that were not before, and which of them must wait behind
   * a parked one of their key. A rival transaction with the same message is waited for: the row is the fence.
   */
  private async enter(
    receiver: Receiver,
    publisher: string,
    rows: readonly OutboxRow[],
  ): Promise<{ message_id: string; blocked: boolean }[]> {
    const ids = rows.map(({ message_id }) => message_id);
    if (rows.length === 1) {
      return this.database.query(sql`
        insert into inbox (message_id, subscriber) values (${ids[0]}, ${receiver.name}) on conflict do nothing
        returning message_id, exists (
          select 1 from inbox_parked where subscriber = ${receiver.name} and publisher = ${publisher} and key = ${rows[0]!.key}
        ) as blocked`);
    }
    // Two statements: while the first waited for a rival, that one may have parked an earlier message of a key, and a
    // statement sees only what was committed when it began.
    const fresh = await this.database.query<{ message_id: string }>(sql`
      insert into inbox (message_id, subscriber) select id, ${receiver.name} from unnest(${ids}::uuid[]) id on conflict do nothing returning message_id`);
    const keys = rows.map(({ key }) => key);
    const parked = await this.database.query<{ key: string }>(sql`
      select distinct key from inbox_parked where subscriber = ${receiver.name} and publisher = ${publisher} and key = any(${keys})`);
    const blockedKeys = new Set(parked.map(({ key }) => key));
    const keyOf = new Map(rows.map(({ message_id, key }) => [message_id, key]));
    return fresh.map(({ message_id }) => ({ message_id, blocked: blockedKeys.has(keyOf.get(message_id)!) }));
  }
}

/** What a message's handler runs in: on behalf of the context that told of it, never of the user who began it. */
export function surroundings(
  context: string,
  publisher: string,
  row: { message_id: string; correlation_id: string },
): Ambient {
  const { transaction } = ambient() ?? {};
  return {
    correlationId: row.correlation_id,
    causationId: row.message_id,
    principal: service(publisher),
    context,
    ...(transaction ? { transaction } : {}),
  };
}
