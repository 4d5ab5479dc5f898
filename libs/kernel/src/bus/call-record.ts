import { createHash } from 'node:crypto';
import type { Database } from '../database/database.js';
import { sql } from '../database/sql.js';
import { kernelFailure } from '../messages/failure.js';
import type { MessageClass } from '../messages/message.js';
import type { Transaction } from '../database/transaction.js';
import type { UnitOfWork } from '../runtime/ambient.js';

/** Not an error to anyone but the transaction it ends: the call was carried out before, and this was its answer. */
export class AlreadyAnswered extends Error {
  constructor(readonly answer: unknown) {
    super('this call was carried out before');
  }
}

/**
 * One call by its id, as a row in the owner's schema: written first in the command's transaction, its answer last. A
 * repeat finds it, a concurrent repeat waits for the row, and a rolled-back command leaves none.
 */
export class CallRecord implements UnitOfWork {
  private used = false;

  constructor(
    private readonly database: Database,
    private readonly contract: MessageClass,
    private readonly principal: string,
    private readonly callId: string,
    private readonly input: object,
  ) {}

  /** For handlers that do something before their transaction. @throws AlreadyAnswered, kernel.call_id_reused */
  async refuseIfAnswered(): Promise<void> {
    const [row] = await this.find();
    if (row) this.answerFrom(row);
  }

  async opened(): Promise<void> {
    if (this.used)
      throw new Error(`the handler of ${this.contract.messageName} opened a second transaction; it has exactly one`);
    this.used = true;
    const inserted = await this.database.query(sql`
      insert into call_record (principal, message, call_id, input_hash)
      values (${this.principal}, ${this.contract.messageName}, ${this.callId}, ${this.hash()})
      on conflict do nothing returning 1`);
    if (inserted.length > 0) return;
    const [row] = await this.find();
    if (!row) throw kernelFailure('kernel.unavailable'); // trimmed in between: a next attempt finds its way
    this.answerFrom(row);
  }

  async closing(_: Transaction, result: unknown): Promise<void> {
    if (!this.contract.answer || this.contract.sensitive) return;
    const answer = this.contract.answer.safeParse(result);
    if (!answer.success) {
      throw new Error(
        `the transaction of ${this.contract.messageName}'s handler must return the handler's answer, to be kept for a repeat`,
      );
    }
    await this.database.query(sql`
      update call_record set answer = ${JSON.stringify(answer.data)}
      where principal = ${this.principal} and message = ${this.contract.messageName} and call_id = ${this.callId}`);
  }

  private find(): Promise<{ input_hash: Buffer; answer: unknown }[]> {
    return this.database.query(sql`
      select input_hash, answer from call_record
      where principal = ${this.principal} and message = ${this.contract.messageName} and call_id = ${this.callId}`);
  }

  private answerFrom({ input_hash, answer }: { input_hash: Buffer; answer: unknown }): never {
    if (!input_hash.equals(this.hash())) throw kernelFailure('kernel.call_id_reused');
    if (this.contract.sensitive) throw kernelFailure('kernel.answer_not_kept');
    throw new AlreadyAnswered(answer ?? undefined);
  }

  /** Fields stand in their schema's order after parsing: the same input always has the same text. */
  private hash(): Buffer {
    return createHash('sha256').update(JSON.stringify(this.input)).digest();
  }
}
