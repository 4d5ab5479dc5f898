import { createHash } from 'node:crypto';
import { Failure, type FailureEnvelope, kernelFailure, type MessageClass, withoutSecrets } from '#kernel/messages';
import type { Database } from '../database/database.js';
import { type Sql, sql } from '../database/sql.js';
import type { Transaction } from '../database/transaction.js';
import type { UnitOfWork } from '../runtime/call-context.js';

/** Ends the transaction of a call that was settled before; carries its outcome and is not an error to the caller. */
export class AlreadySettled extends Error {
  constructor(
    private readonly answer: unknown,
    private readonly refusal?: Failure,
  ) {
    super('this call was settled before');
  }

  /** The answer. @throws Failure where it was refused */
  outcome(): unknown {
    if (this.refusal) throw this.refusal;
    return this.answer;
  }
}

interface Kept {
  readonly input_hash: Buffer;
  readonly answer: unknown;
  readonly refusal: FailureEnvelope | null;
  readonly refused_until: number | null;
}

/** Prefix of the hash of a refused call: versions that know no refusals must not mistake one for an answer. */
const REFUSED = Buffer.of(0);

/**
 * One call by its id, as a row in the owner's schema, written with the command's transaction. A repeat finds it, a
 * concurrent repeat finds out when it writes its own, and a rolled-back command leaves none.
 *
 * A refusal holds until the call's deadline: a late attempt, or one that waited for a lock meanwhile, must not carry out a call
 * that its caller was told was refused. All attempts of a call share its deadline; a new call under the same id after a refusal
 * has a later one, and is carried out.
 */
export class CallRecord implements UnitOfWork {
  private used = false;

  constructor(
    private readonly database: Database,
    private readonly contract: MessageClass,
    private readonly principal: string,
    private readonly callId: string,
    private readonly input: object,
    /** Epoch milliseconds, whole ones. */
    private readonly deadline: number,
  ) {}

  /** @throws AlreadySettled, kernel.call_id_reused, kernel.answer_not_kept */
  async endIfSettled(): Promise<void> {
    const row = await this.database.one<Kept>(sql`
      select input_hash, answer, refusal, refused_until from call_record
      where principal = ${this.principal} and message = ${this.contract.messageName} and call_id = ${this.callId}`);
    if (!row || (row.refused_until !== null && row.refused_until < this.deadline)) return;
    const { refusal, answer } = row;
    if (!row.input_hash.equals(this.hash(refusal !== null))) throw kernelFailure('kernel.call_id_reused');
    if (refusal) throw new AlreadySettled(undefined, new Failure(refusal));
    if (this.contract.sensitive) throw kernelFailure('kernel.answer_not_kept');
    throw new AlreadySettled(answer ?? undefined);
  }

  /** Stores a refusal before it is answered. @throws as `endIfSettled` where another attempt was quicker: its outcome counts */
  async refuse(failure: Failure): Promise<void> {
    if (this.used) return; // the handler has committed effects, and refuses nevertheless
    if (!(await this.database.one(this.keeping(null, failure)))) await this.endIfSettled();
  }

  async closing(transaction: Transaction, result: unknown): Promise<void> {
    if (this.used)
      throw new Error(`the handler of ${this.contract.messageName} opened a second transaction; it has exactly one`);
    this.used = true;
    // If the row was trimmed before it is looked up, the next attempt succeeds.
    const refused = () => kernelFailure('kernel.unavailable');
    await transaction.write({ statement: this.keeping(this.kept(result)), refused });
  }

  /** Writes the outcome; touches no row where there is one that holds. */
  private keeping(answer: string | null, refusal?: Failure): Sql {
    const envelope = refusal ? JSON.stringify(refusal.toEnvelope()) : null;
    return sql`
      insert into call_record as kept (principal, message, call_id, input_hash, answer, refusal, refused_until)
      values (${this.principal}, ${this.contract.messageName}, ${this.callId}, ${this.hash(refusal !== undefined)},
        ${answer}, ${envelope}, ${refusal ? this.deadline : null})
      on conflict (principal, message, call_id) do update
        set input_hash = excluded.input_hash, answer = excluded.answer, refusal = excluded.refusal,
          refused_until = excluded.refused_until, at = now()
        where kept.refused_until < ${this.deadline}
      returning 1`;
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
  private hash(refused: boolean): Buffer {
    const text = JSON.stringify(withoutSecrets(this.contract.input, this.input));
    const hash = createHash('sha256').update(text).digest();
    return refused ? Buffer.concat([REFUSED, hash]) : hash;
  }
}
