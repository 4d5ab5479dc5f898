import { Clock } from '#kernel/base';
import { On, Subscriber } from '#kernel/core';
import { StockCommitted, StockRefused, StockReleased, StockReserved } from '#inventory/contracts';
import {
  PaymentActionRequired,
  PaymentAuthorized,
  PaymentCaptured,
  PaymentDeclined,
  PaymentRefunded,
  PaymentVoided,
} from '#payments/contracts';
import type { Order } from './order.js';
import { Orders } from './orders.js';

/** The checkout as the other contexts tell it. It only records and sends: what follows from each step stands in Order. */
@Subscriber('ordering.checkout', { from: 'earliest' })
export class Checkout {
  constructor(
    private readonly orders: Orders,
    private readonly clock: Clock,
  ) {}

  @On(StockReserved)
  reserved({ orderId }: StockReserved) {
    return this.change(orderId, (order, now) => order.stockReserved(now));
  }

  @On(StockRefused)
  refused({ orderId, missing }: StockRefused) {
    return this.change(orderId, (order, now) => order.stockRefused(missing, now));
  }

  @On(PaymentActionRequired)
  actionRequired({ orderId, url }: PaymentActionRequired) {
    return this.change(orderId, (order) => order.actionRequired(url));
  }

  @On(PaymentAuthorized)
  authorized({ orderId }: PaymentAuthorized) {
    return this.change(orderId, (order) => order.paymentAuthorized());
  }

  @On(PaymentDeclined)
  declined({ orderId, reason }: PaymentDeclined) {
    return this.change(orderId, (order, now) => order.paymentDeclined(reason, now));
  }

  @On(StockCommitted)
  committed({ orderId }: StockCommitted) {
    return this.change(orderId, (order, now) => order.stockCommitted(now));
  }

  @On(PaymentCaptured)
  captured({ orderId }: PaymentCaptured) {
    return this.change(orderId, (order) => order.paymentCaptured());
  }

  @On(StockReleased)
  released({ orderId }: StockReleased) {
    return this.change(orderId, (order, now) => order.stockReleased(now));
  }

  @On(PaymentVoided)
  voided({ orderId }: PaymentVoided) {
    return this.change(orderId, (order, now) => order.moneyReturned('voided', now));
  }

  @On(PaymentRefunded)
  refunded({ orderId, remaining }: PaymentRefunded) {
    return this.change(orderId, (order, now) =>
      order.moneyReturned(remaining.amount === 0 ? 'refunded' : 'partially_refunded', now),
    );
  }

  private async change(orderId: string, step: (order: Order, now: string) => void): Promise<void> {
    const order = await this.orders.recall(orderId);
    if (!order) throw new Error(`there is no order ${orderId}`);
    step(order, this.clock.instant());
    await this.orders.save(order);
  }
}
