import { Injectable } from '@nestjs/common';
import { Clock, Database, Repository, sql } from '#kernel';
import { Payment } from './payment.js';
import type { PaymentFact } from './payment-fact.js';

/** The payments' streams. The row of a payment is its lock, and shows where it stands. */
@Injectable()
export class Payments extends Repository<Payment> {
  constructor(
    database: Database,
    private readonly clock: Clock,
  ) {
    super(database);
  }

  /** As it is now, and may no longer be a moment later. */
  async find(id: string): Promise<Payment> {
    return Payment.from(id, await this.facts(id));
  }

  /** Locks the payment; undefined where there is none. */
  async lock(id: string): Promise<Payment | undefined> {
    const row = await this.database.one(sql`select 1 from payment where id = ${id} for update`);
    // Read by a statement of its own: one that had to wait for the lock would see the stream as it was before.
    return row && Payment.from(id, await this.facts(id));
  }

  /** Locks the payment, which may be about to begin. */
  async open(id: string): Promise<Payment> {
    await this.database.query(sql`insert into payment (id, status) values (${id}, 'created') on conflict do nothing`);
    return (await this.lock(id))!;
  }

  protected async store(payment: Payment): Promise<void> {
    const { id, status, terms, providerReference, captured, refunded, version } = payment;
    const facts = payment.releaseFacts();
    if (facts.length === 0) return;
    await this.database.query(sql`
      update payment set order_id = ${terms?.orderId}, provider = ${terms?.provider}, provider_reference = ${providerReference}, status = ${status},
        amount = ${terms?.amount.amount}, currency = ${terms?.amount.currency}, captured = ${captured}, refunded = ${refunded}
      where id = ${id}`);
    const rows = facts.map(({ type, ...data }, index) => ({ type, data, version: version - facts.length + index + 1 }));
    await this.database.query(sql`
      insert into payment_event (payment_id, version, type, data, at)
      select ${id}, version, type, data, ${this.clock.instant()} from json_to_recordset(${JSON.stringify(rows)}) as fact(version integer, type text, data json)`);
  }

  private async facts(id: string): Promise<PaymentFact[]> {
    const rows = await this.database.query<{ type: string; data: object }>(sql`
      select type, data from payment_event where payment_id = ${id} order by version`);
    return rows.map(({ type, data }) => ({ type, ...data }) as PaymentFact);
  }
}
