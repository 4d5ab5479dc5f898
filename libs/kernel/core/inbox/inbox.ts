import type { Limit } from '#kernel/base';
import type { MessageEnvelope } from '#kernel/messages';
import { isConflict } from '../database/database-failure.js';
import type { Database } from '../database/database.js';
import { sql } from '../database/sql.js';
import type { Interceptors } from '../interceptors/interceptors.js';
import type { Parking } from './parking.js';
import type { Handlers, Receiver } from './receiver.js';

/** How often a message is handled again at once after a conflict with another transaction. */
const CONFLICTS = 5;

/** Ends the transaction of a message that was handled before; not an error to the caller. */
class HandledBefore extends Error {}

/** Accepts messages into one context: each takes effect once per receiver, in order per publisher and key. */
export class Inbox {
  constructor(
    private readonly database: Database,
    private readonly parking: Parking,
    private readonly handlers: Handlers,
    private readonly interceptors: Interceptors,
    private readonly limit: Limit,
  ) {}

  /** Handles messages in order, in one transaction if they can be, each alone if not. What fails is parked, never lost. */
  accept(receiver: Receiver, publisher: string, messages: readonly MessageEnvelope[]): Promise<void> {
    return this.interceptors.deliver(
      { context: this.database.context, receiver: receiver.name, publisher, messages },
      (delivery) => this.limit.run(() => this.acceptAll(receiver, publisher, delivery.messages)),
    );
  }

  private async acceptAll(receiver: Receiver, publisher: string, messages: readonly MessageEnvelope[]): Promise<void> {
    if (messages.length === 1) return this.acceptOne(receiver, publisher, messages[0]!);
    try {
      await this.handle(receiver, publisher, messages);
    } catch {
      // One of them failed and rolled the others back: handled alone, each shows its own outcome.
      for (const message of messages) await this.acceptOne(receiver, publisher, message);
    }
  }

  private async acceptOne(receiver: Receiver, publisher: string, message: MessageEnvelope): Promise<void> {
    if (receiver.runsOutside(message)) return this.parking.accept({ subscriber: receiver.name, publisher, message });
    try {
      await this.handleOne(receiver, publisher, message);
    } catch (error) {
      if (error instanceof HandledBefore) return;
      await this.database.transaction(async () => {
        const [fresh] = await this.enter(receiver, publisher, [message]);
        const arrival = { subscriber: receiver.name, publisher, message };
        if (fresh) await this.parking.park(arrival, fresh.blocked ? undefined : error);
      });
    }
  }

  /**
   * The row in the inbox is the fence, written with the effects of the handler: where the message was handled before, or a
   * message of its key is parked, the transaction fails. It waits for a rival transaction with the same message. Where the
   * handler reads first, the check for parked messages also runs before that read: otherwise the retry of a parked message
   * could end in between, and this handler would have acted on the state before it.
   */
  private async handleOne(receiver: Receiver, publisher: string, message: MessageEnvelope): Promise<void> {
    const inTurn = {
      statement: sql`
        select 1 where not exists (
          select 1 from inbox_parked where subscriber = ${receiver.name} and publisher = ${publisher} and key = ${message.key})`,
      refused: () => new Error(`a message of the key ${message.key} is parked`),
    };
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.database.transaction(async () => {
          const transaction = this.database.currentTransaction()!;
          transaction.precondition = inTurn;
          transaction.again = attempt > 1;
          await this.handlers.handle(receiver, publisher, message);
          await transaction.write({
            statement: sql`
              insert into inbox (message_id, subscriber) values (${message.id}, ${receiver.name}) on conflict do nothing returning 1`,
            refused: () => new HandledBefore(),
          });
          await transaction.write(inTurn);
        });
      } catch (error) {
        if (attempt === CONFLICTS || !isConflict(error)) throw error;
      }
    }
  }

  private async handle(receiver: Receiver, publisher: string, messages: readonly MessageEnvelope[]): Promise<void> {
    await this.database.transaction(async () => {
      const fresh = new Map(
        (await this.enter(receiver, publisher, messages)).map((entry) => [entry.message_id, entry.blocked]),
      );
      for (const message of messages) {
        const blocked = fresh.get(message.id);
        if (blocked === undefined) continue; // handled before
        if (blocked || receiver.runsOutside(message))
          await this.parking.park({ subscriber: receiver.name, publisher, message });
        else await this.handlers.handle(receiver, publisher, message);
      }
    });
  }

  /**
   * Records that the messages are being handled. @returns those that were not handled before, and whether each must wait
   * behind a parked message of its key. It waits for a rival transaction with the same message: the row is the fence.
   */
  private async enter(
    receiver: Receiver,
    publisher: string,
    messages: readonly MessageEnvelope[],
  ): Promise<{ message_id: string; blocked: boolean }[]> {
    const ids = messages.map(({ id }) => id);
    if (messages.length === 1) {
      return this.database.query(sql`
        insert into inbox (message_id, subscriber) values (${ids[0]}, ${receiver.name}) on conflict do nothing
        returning message_id, exists (
          select 1 from inbox_parked where subscriber = ${receiver.name} and publisher = ${publisher} and key = ${messages[0]!.key}
        ) as blocked`);
    }
    // Two statements: while the first waited for a rival, the rival may have parked an earlier message of a key, and a
    // statement sees only rows that were committed when it began.
    const fresh = await this.database.query<{ message_id: string }>(sql`
      insert into inbox (message_id, subscriber) select id, ${receiver.name} from unnest(${ids}::uuid[]) id on conflict do nothing returning message_id`);
    const keys = messages.map(({ key }) => key);
    const parked = await this.database.query<{ key: string }>(sql`
      select distinct key from inbox_parked where subscriber = ${receiver.name} and publisher = ${publisher} and key = any(${keys})`);
    const blockedKeys = new Set(parked.map(({ key }) => key));
    const keyOf = new Map(messages.map(({ id, key }) => [id, key]));
    return fresh.map(({ message_id }) => ({ message_id, blocked: blockedKeys.has(keyOf.get(message_id)!) }));
  }
}
