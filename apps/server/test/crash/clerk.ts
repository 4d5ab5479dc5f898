import { setTimeout as pause } from 'node:timers/promises';
import type { SeededRandomness } from '#kernel/base';
import { newKey } from '../shop.js';
import type { Buyer } from './buyer.js';
import type { Client } from './client.js';
import type { Receipts } from './receipts.js';

interface Order {
  readonly total: { amount: number; currency: string };
  readonly payment: { id: string };
}

/** Looks after the latest orders that are confirmed: ships them, gives money back, and too much of it if the shop let that happen. */
export class Clerk {
  constructor(
    private readonly admin: Client,
    private readonly chance: SeededRandomness,
    private readonly receipts: Receipts,
    private readonly buyer: Buyer,
  ) {}

  async work(): Promise<void> {
    const { items } = (await this.admin.ask<{ items: { id: string }[] }>('GET', '/orders?status=confirmed')).body;
    const { id } = items[Math.floor(this.chance.next() * items.length)] ?? {};
    if (id === undefined) return pause(100);
    const order = (await this.admin.ask<Order>('GET', `/orders/${id}`)).body;
    const { amount: total } = order.total;
    const fate = this.chance.next();
    if (fate < 0.25) await this.ship(id);
    else if (fate < 0.55) await this.refund(order, 1 + Math.floor((this.chance.next() * total) / 2));
    else if (fate < 0.65) await this.refundInVain(order);
    else if (fate < 0.8) await this.refundTwice(order);
    else await Promise.all([this.refund(order, Math.ceil(total / 3)), this.buyer.cancel(this.admin, id)]);
  }

  private async ship(id: string): Promise<void> {
    const { refused } = await this.admin.ask('POST', `/orders/${id}/ship`, {
      headers: { 'idempotency-key': newKey() },
      body: { carrier: 'DHL' },
      refusals: ['ordering.not_shippable'],
    });
    if (refused === undefined) this.receipts.shipped.add(id);
  }

  /** Answers whether it was promised. */
  private async refund({ total, payment }: Order, amount: number): Promise<boolean> {
    const { refused, body } = await this.admin.ask<{ refundId: string }>('POST', `/payments/${payment.id}/refunds`, {
      headers: { 'idempotency-key': newKey() },
      body: { amount: { ...total, amount }, reason: 'a tent without pegs' },
      refusals: ['payments.refund_exceeds_captured'], // or it is not taken yet, or gone already
    });
    if (refused !== undefined) return false;
    this.receipts.refunds.set(body.refundId, { paymentId: payment.id, amount });
    return true;
  }

  private async refundInVain(order: Order): Promise<void> {
    if (await this.refund(order, order.total.amount + 1))
      throw new Error(`payment ${order.payment.id}: more than all is refunded`);
  }

  private async refundTwice(order: Order): Promise<void> {
    const most = Math.floor(order.total.amount / 2) + 1;
    const promised = await Promise.all([this.refund(order, most), this.refund(order, most)]);
    if (promised.every(Boolean)) throw new Error(`payment ${order.payment.id}: both halves and more are refunded`);
  }
}
