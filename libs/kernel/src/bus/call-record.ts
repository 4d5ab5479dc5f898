import { createHash } from 'node:crypto';
import type { Database } from '../database/database.js';
import { sql } from '../database/sql.js';
import { kernelFailure } from '../messages/failure.js';
import type { MessageClass } from '../messages/message.js';
import { withoutSecrets } from '../messages/schema.js';
import type { Transaction } from '../database/transaction.js';
import type { UnitOfWork } from '../runtime/ambient.js';

/** Not an error to anyone but the transaction it ends: the call was carried out before, and this was its answer. */
export class AlreadyAnswered extends Error {
  constructor(readonly answer: unknown) {
    super('this call was carried out before');
  }
}

/**
 * One call by its id, as a row in the owner's schema, written with the command's transaction. A repeat finds it, a
 * concurrent repeat finds out when it writes its own, and a rolled-back command leaves none.
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

  /** @throws AlreadyAnswered, kernel.call_id_reused, kernel.answer_not_kept */
  async refuseIfAnswered(): Promise<void> {
    const row = await this.database.one<{ input_hash: Buffer; answer: unknown }>(sql`
      select input_hash, answer from call_record
      where principal = ${this.principal} and message = ${this.contract.messageName} and call_id = ${this.callId}`);
    if (!row) return;
    if (!row.input_hash.equals(this.hash())) throw kernelFailure('kernel.call_id_reused');
    if (this.contract.sensitive) throw kernelFailure('kernel.answer_not_kept');
    throw new AlreadyAnswered(row.answer ?? undefined);
  }

  async closing(transaction: Transaction, result: unknown): Promise<void> {
    if (this.used)
      throw new Error(`the handler of ${this.contract.messageName} opened a second transaction; it has exactly one`);
    this.used = true;
    const statement = sql`
      insert into call_record (principal, message, call_id, input_hash, answer)
      values (${this.principal}, ${this.contract.messageName}, ${this.callId}, ${this.hash()}, ${this.kept(result)})
      on conflict do nothing returning 1`;
    // Where it is trimmed before it is looked for, a next attempt finds its way.
    await transaction.write({ statement, refused: () => kernelFailure('kernel.unavailable') });
  }

  private kept(result: unknown): string | null {
    if (!this.contract.answer || this.contract.sensitive) return null;
    const answer = this.contract.answer.safeParse(result);
    if (answer.success) return JSON.stringify(answer.data);
    throw new Error(
      `the transaction of ${this.contract.messageName}'s handler must return the handler's answer, to be kept for a repeat`,
    );
  }

  /** Fields stand in their schema's order after parsing: the same input always has the same text. */
  private hash(): Buffer {
    return createHash('sha256')
      .update(JSON.stringify(withoutSecrets(this.contract.input, this.input)))
      .digest();
  }
}
