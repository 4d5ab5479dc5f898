import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { Database, owns, sql } from '#kernel/core';
import type { Money } from '#kernel/messages';
import { GetOrderPayment } from './contracts/index.js';
import type { PaymentFact, PaymentStatus } from './payment-fact.js';

interface Row {
  readonly id: string;
  readonly status: PaymentStatus;
  readonly amount: number;
  readonly currency: string;
  readonly captured: number;
  readonly refunded: number;
  readonly owner: string | null;
  readonly at: string;
  readonly type: PaymentFact['type'];
  readonly data: { readonly amount?: Money | number; readonly total?: number; readonly reason?: string };
}

@QueryHandler(GetOrderPayment)
export class GetOrderPaymentHandler implements IQueryHandler<GetOrderPayment> {
  constructor(private readonly database: Database) {}

  async execute({ orderId }: GetOrderPayment) {
    const rows = await this.database.query<Row>(sql`
      select id, status, amount, currency, captured, refunded, state->'terms'->>'owner' as owner, at, type, data
      from payment join payment_event on payment_id = id where order_id = ${orderId} order by version`);
    const [payment] = rows;
    if (!owns(payment?.owner, 'orders.read') || !payment) throw GetOrderPayment.failure('payments.payment_not_found');
    const { id, status, currency } = payment;
    const money = (amount: number): Money => ({ amount, currency });
    return {
      id,
      status,
      amount: money(payment.amount),
      authorized: money(rows.some(({ type }) => type === 'authorized') ? payment.amount : 0),
      captured: money(payment.captured),
      refunded: money(payment.refunded),
      history: history(rows, money),
    };
  }
}

/** What happened, each with the amount that it moved. */
function history(rows: readonly Row[], money: (amount: number) => Money) {
  let refunded = 0;
  return rows.map(({ at, type, data: { amount, total, reason } }) => {
    const moved = total === undefined ? amount : total - refunded;
    refunded = total ?? refunded;
    return {
      at,
      type,
      ...(moved === undefined ? {} : { amount: typeof moved === 'number' ? money(moved) : moved }),
      ...(reason === undefined ? {} : { reason }),
    };
  });
}
