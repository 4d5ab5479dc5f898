import { uuidv7 } from 'uuidv7';
import { act, capture, refund, settle, voidPayment, type Money, type Refund } from './payment.js';
import type { Payment } from './payment-data.js';
import { Refusal } from './refusal.js';
import type { CreatePayment } from './requests.js';
import type { Store } from './store.js';
import { outcomeFor, planFor } from './tokens.js';
import { paymentView } from './views.js';
import type { EventType, WebhookQueue } from './webhook-queue.js';

export interface Answer {
  status: number;
  json: string;
}

/** An idempotency key, and what makes two requests the same one. */
export interface Once {
  key: string;
  fingerprint: string;
}

const settledAtOnce = 500;

/**
 * The payments. Each change is decided by payment.ts, and written in one transaction with its webhook and with its
 * answer under the idempotency key. A refusal changes nothing and is not kept: the same key may try again.
 */
export class Books {
  private readonly sql;

  constructor(
    private readonly store: Store,
    private readonly queue: WebhookQueue,
    /** The provider's own address, known once it listens. */
    private readonly url: () => string,
  ) {
    this.sql = {
      insert: store.prepare(
        `insert into payments (id, reference, status, token, currency, amount, captured, refunded, declineReason,
                               expiresAt, createdAt, webhookUrl, returnUrl, outcomeAt, silentUntil)
         values (:id, :reference, :status, :token, :currency, :amount, :captured, :refunded, :declineReason,
                 :expiresAt, :createdAt, :webhookUrl, :returnUrl, :outcomeAt, :silentUntil)`,
      ),
      update: store.prepare(
        `update payments set status = :status, captured = :captured, refunded = :refunded,
                             declineReason = :declineReason, outcomeAt = :outcomeAt
         where id = :id`,
      ),
      byId: store.prepare('select * from payments where id = ?'),
      byReference: store.prepare('select * from payments where reference = ?'),
      page: store.prepare('select * from payments where id > ? order by id limit ?'),
      dueForOutcome: store.prepare('select * from payments where outcomeAt <= ? order by outcomeAt limit ?'),
      nextOutcome: store.prepare('select min(outcomeAt) as at from payments where outcomeAt is not null'),
      refundByReference: store.prepare('select paymentId from refunds where reference = ?'),
      insertRefund: store.prepare(
        `insert into refunds (reference, id, paymentId, amount, createdAt)
         values (:reference, :id, :paymentId, :amount, :createdAt)`,
      ),
      tombstone: store.prepare('select 1 from tombstones where reference = ?'),
      insertTombstone: store.prepare('insert or ignore into tombstones (reference) values (?)'),
      answer: store.prepare('select fingerprint, status, json from answers where key = ?'),
      insertAnswer: store.prepare('insert into answers (key, fingerprint, status, json) values (?, ?, ?, ?)'),
    };
  }

  byId(id: string): Payment | undefined {
    return this.sql.byId.get(id) as Payment | undefined;
  }

  byReference(reference: string): Payment | undefined {
    return this.sql.byReference.get(reference) as Payment | undefined;
  }

  /** At most `limit` payments with an id greater than `after`, in the order of their ids, which is that of creation. */
  page(after: string, limit: number): Payment[] {
    return this.sql.page.all(after, limit) as unknown as Payment[];
  }

  view(payment: Payment) {
    return paymentView(payment, this.url());
  }

  create(once: Once, input: CreatePayment): Promise<Answer> {
    return this.once(once, () => {
      const existing = this.byReference(input.reference);
      if (existing) throw new Refusal('duplicate_reference', 'A payment with this reference exists.', existing);
      const now = Date.now();
      const voided = this.sql.tombstone.get(input.reference) !== undefined;
      const payment = newPayment(input, voided, now);
      this.sql.insert.run({ ...payment });
      if (voided) this.queue.add('voided', payment, this.url(), now);
      return this.answer(202, this.view(payment));
    });
  }

  capture(once: Once, id: string, money: Money | undefined): Promise<Answer> {
    return this.once(once, () => this.changed('captured', this.get(id), (payment) => capture(payment, money)));
  }

  void(once: Once, id: string): Promise<Answer> {
    return this.once(once, () => this.changed('voided', this.get(id), voidPayment));
  }

  refund(once: Once, id: string, reference: string, money: Money): Promise<Answer> {
    return this.once(once, () => {
      const payment = this.get(id);
      const existing = this.sql.refundByReference.get(reference);
      if (existing) throw new Refusal('duplicate_reference', 'A refund with this reference exists.', payment);
      const entry = { id: `ref_${uuidv7()}`, reference, paymentId: id, amount: money.amount, createdAt: Date.now() };
      const answer = this.changed('refunded', payment, () => refund(payment, money), entry);
      this.sql.insertRefund.run(entry);
      return answer;
    });
  }

  /** Voids whatever there is or will be under the reference; what was declined stays declined. */
  voidByReference(once: Once, reference: string): Promise<Answer> {
    return this.once(once, () => {
      const payment = this.byReference(reference);
      if (payment?.status === 'declined') return this.answer(200, this.view(payment));
      if (payment) return this.changed('voided', payment, voidPayment);
      this.sql.insertTombstone.run(reference);
      return this.answer(200, { reference, status: 'voided' });
    });
  }

  /** The customer approves or declines on the page. */
  act(id: string, outcome: 'approve' | 'decline'): Promise<Payment> {
    return this.store.write(() => {
      const payment = this.get(id);
      const acted = act(payment, outcome, Date.now());
      if (acted !== payment) this.save(acted.status as EventType, acted);
      return acted;
    });
  }

  nextOutcomeAt(): number | null {
    return (this.sql.nextOutcome.get() as { at: number | null }).at;
  }

  /** Gives their outcome to payments whose time has come. */
  settleDue(): Promise<void> {
    return this.store.write(() => {
      const due = this.sql.dueForOutcome.all(Date.now(), settledAtOnce) as unknown as Payment[];
      for (const payment of due) {
        const outcome = outcomeFor(payment);
        this.save(outcome.status, settle(payment, outcome));
      }
    });
  }

  /** The payment, or a refusal: not_found. */
  get(id: string): Payment {
    const payment = this.byId(id);
    if (!payment) throw new Refusal('not_found', `There is no payment ${id}.`);
    return payment;
  }

  private once({ key, fingerprint }: Once, decide: () => Answer): Promise<Answer> {
    return this.store.write(() => {
      const former = this.sql.answer.get(key) as (Answer & Once) | undefined;
      if (former && former.fingerprint !== fingerprint)
        throw new Refusal('idempotency_key_reused', 'This idempotency key was used for another request.');
      if (former) return former;
      const answer = decide();
      this.sql.insertAnswer.run(key, fingerprint, answer.status, answer.json);
      return answer;
    });
  }

  private changed(type: EventType, before: Payment, change: (payment: Payment) => Payment, entry?: Refund): Answer {
    const after = change(before);
    if (after !== before) this.save(type, after, entry);
    return this.answer(200, this.view(after));
  }

  private save(type: EventType, payment: Payment, entry?: Refund): void {
    const { id, status, captured, refunded, declineReason, outcomeAt } = payment;
    this.sql.update.run({ id, status, captured, refunded, declineReason, outcomeAt });
    this.queue.add(type, payment, this.url(), Date.now(), entry);
  }

  private answer(status: number, body: object): Answer {
    return { status, json: JSON.stringify(body) };
  }
}

function newPayment(input: CreatePayment, voided: boolean, now: number): Payment {
  const { reference, token, expiresAt, webhookUrl, returnUrl = null } = input;
  const { amount, currency } = input.amount;
  return {
    id: `pay_${uuidv7()}`,
    reference,
    status: voided ? 'voided' : 'processing',
    token,
    currency,
    amount,
    captured: 0,
    refunded: 0,
    declineReason: null,
    expiresAt,
    createdAt: now,
    webhookUrl,
    returnUrl,
    ...(voided ? { outcomeAt: null, silentUntil: null } : planFor(token, now, expiresAt)),
  };
}
