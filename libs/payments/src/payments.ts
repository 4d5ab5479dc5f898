import { Injectable } from '@nestjs/common';
import { Clock } from '#kernel/base';
import { continueFlow, currentFlow, Database, Recent, Repository, sql } from '#kernel/core';
import { Payment } from './payment.js';
import type { PaymentFact } from './payment-fact.js';
import { blank, type PaymentState } from './payment-state.js';

/** A webhook has this long to tell of a payment before somebody looks. */
const LOOK_AFTER_MS = 2_000;

/** Continues the flow that changed a payment last; a flow of its own where that is not known. */
export const goingOnWith = <Result>(
  { flow, cause, headers }: Pick<PaymentState, 'flow' | 'cause' | 'headers'>,
  work: () => Result,
): Result => (flow === undefined ? work() : continueFlow({ correlationId: flow, causationId: cause, headers }, work));

/** The payments. The row of one holds its state, its stream how it came to that; both are written where nobody else did meanwhile. */
@Injectable()
export class Payments extends Repository<Payment> {
  private readonly recent = new Recent<PaymentState>(this.database);

  constructor(
    database: Database,
    private readonly clock: Clock,
  ) {
    super(database);
  }

  /** As it is now, and may no longer be a moment later; a blank one where there is none. */
  async find(id: string): Promise<Payment> {
    const row = await this.database.one<Row>(sql`select state from payment where id = ${id}`);
    return row ? this.made(id, row) : new Payment(id);
  }

  /** As this process wrote it a moment ago, perhaps: for who changes it and saves that, or else reads it. */
  recall(id: string): Payment | undefined {
    const known = this.recent.take(id);
    return known && new Payment(id, known);
  }

  /** Locks the payment; undefined where there is none. */
  async lock(id: string): Promise<Payment | undefined> {
    const row = await this.database.one<Row>(sql`select state from payment where id = ${id} for update`);
    return row && this.made(id, row);
  }

  /** Locks the payment, which may be about to begin. */
  async open(id: string): Promise<Payment> {
    const row = await this.database.one<Row>(sql`
      insert into payment (id, status, state) values (${id}, ${blank.status}, ${JSON.stringify(blank)})
      on conflict (id) do update set id = excluded.id returning state`);
    return this.made(id, row!);
  }

  protected async store(payment: Payment, sent: readonly string[]): Promise<void> {
    const { id, state } = payment;
    const { status, terms, providerReference, captured, refunded, version } = state;
    const facts = payment.releaseFacts();
    if (facts.length === 0) return;
    const rows = facts.map(({ type, ...data }, index) => ({ type, data, version: version - facts.length + index + 1 }));
    const { correlationId: flow, causationId, headers } = currentFlow();
    // The command that asks the provider is the cause of its webhook, also where that comes before its answer.
    const kept = { ...state, flow, cause: sent.at(-1) ?? causationId, headers };
    this.recent.keep(id, kept);
    const lookAt = payment.lookDue ? this.clock.instant(LOOK_AFTER_MS) : null;
    await this.database.change(sql`
      insert into payment (id, order_id, provider, provider_reference, status, amount, currency, captured, refunded, state, look_at)
      values (${id}, ${terms?.orderId}, ${terms?.provider}, ${providerReference}, ${status}, ${terms?.amount.amount}, ${terms?.amount.currency},
        ${captured}, ${refunded}, ${JSON.stringify(kept)}, ${lookAt})
      on conflict (id) do update set order_id = excluded.order_id, provider = excluded.provider, provider_reference = excluded.provider_reference,
        status = excluded.status, amount = excluded.amount, currency = excluded.currency, captured = excluded.captured, refunded = excluded.refunded,
        state = excluded.state, look_at = excluded.look_at
      where coalesce((payment.state ->> 'version')::integer, ${payment.readVersion}) = ${payment.readVersion}`);
    await this.database.write(sql`
      insert into payment_event (payment_id, version, type, data, at)
      select ${id}, version, type, data, ${this.clock.instant()} from json_to_recordset(${JSON.stringify(rows)}) as fact(version integer, type text, data json)`);
  }

  /** A row that no state is kept in, or that an earlier version of this program wrote last, has it from the stream. */
  private async made(id: string, { state }: Row): Promise<Payment> {
    if (state) return new Payment(id, state);
    const facts = await this.database.query<{ type: string; data: object }>(sql`
      select type, data from payment_event where payment_id = ${id} order by version`);
    return Payment.from(
      id,
      facts.map(({ type, data }) => ({ type, ...data }) as PaymentFact),
    );
  }
}

interface Row {
  readonly state: PaymentState | null;
}
