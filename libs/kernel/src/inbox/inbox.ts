import type { Database } from '../database/database.js';
import { isConflict } from '../database/database-failure.js';
import { sql } from '../database/sql.js';
import type { Interceptors } from '../interceptors/interceptors.js';
import type { MessageEnvelope } from '../messages/message-envelope.js';
import type { Limit } from '../runtime/deadline.js';
import type { Parking } from './parking.js';
import type { Handlers, Receiver } from './receiver.js';

/** So often a message is handled anew at once, where others changed what it was about. */
const CONFLICTS = 5;

/** Ends the transaction of a message that was handled before; no error to anyone else. */
class HandledBefore extends Error {}

/** Takes messages into one context: each takes effect once for each receiver, in order per publisher and key. */
export class Inbox {
  constructor(
    private readonly database: Database,
    private readonly parking: Parking,
    private readonly handlers: Handlers,
    private readonly interceptors: Interceptors,
    private readonly limit: Limit,
  ) {}

  /** Handles messages in order, in one transaction if they can be, each alone if not. What fails is parked, never lost. */
  take(receiver: Receiver, publisher: string, messages: readonly MessageEnvelope[]): Promise<void> {
    return this.interceptors.deliver(
      { context: this.database.context, receiver: receiver.name, publisher, messages },
      (delivery) => this.limit.run(() => this.takeAll(receiver, publisher, delivery.messages)),
    );
  }

  private async takeAll(receiver: Receiver, publisher: string, messages: readonly MessageEnvelope[]): Promise<void> {
    if (messages.length === 1) return this.takeOne(receiver, publisher, messages[0]!);
    try {
      await this.handle(receiver, publisher, messages);
    } catch {
      // One of them failed and took the others along: alone, each shows what it is.
      for (const message of messages) await this.takeOne(receiver, publisher, message);
    }
  }

  private async takeOne(receiver: Receiver, publisher: string, message: MessageEnvelope): Promise<void> {
    if (receiver.runsOutside(message)) return this.parking.admit(receiver.name, publisher, message);
    try {
      await this.handleOne(receiver, publisher, message);
    } catch (error) {
      if (error instanceof HandledBefore) return;
      await this.database.transaction(async () => {
        const [fresh] = await this.enter(receiver, publisher, [message]);
        if (fresh) await this.parking.park(receiver.name, publisher, message, fresh.blocked ? undefined : error);
      });
    }
  }

  /**
   * Its row in the inbox is the fence, written with what it brought about: where the message was handled before, or one of
   * its key is parked, all of it comes to nothing. A rival transaction with the same message is waited for. Where the handler
   * reads first, it is asked before that too whether one of its key is parked: else that one's retry might end in between,
   * and this one have acted on what was before.
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
        if (blocked || receiver.runsOutside(message)) await this.parking.park(receiver.name, publisher, message);
        else await this.handlers.handle(receiver, publisher, message);
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
    // Two statements: while the first waited for a rival, that one may have parked an earlier message of a key, and a
    // statement sees only what was committed when it began.
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
