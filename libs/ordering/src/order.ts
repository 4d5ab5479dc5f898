import { Aggregate } from '#kernel/core';
import { addMoney } from '#kernel/messages';
import { CommitStock, ReleaseStock, ReserveStock, type StockRefused } from '#inventory/contracts';
import { AuthorizePayment, CancelPayment, CapturePayment } from '#payments/contracts';
import type * as z from 'zod';
import { CompleteOrder } from './complete-order.js';
import {
  CancelOrder,
  type Order as OrderView,
  OrderCancelled,
  OrderCompleted,
  OrderConfirmed,
  OrderExpired,
  OrderPlaced,
  OrderRejected,
  OrderShipped,
  type Shipping,
  ShipOrder,
} from './contracts/index.js';
import { ExpireOrder } from './expire-order.js';

export interface OrderState extends Pick<
  OrderView,
  | 'id'
  | 'number'
  | 'status'
  | 'cartId'
  | 'email'
  | 'shippingAddress'
  | 'lines'
  | 'total'
  | 'missing'
  | 'history'
  | 'createdAt'
> {
  /** Whose it is: the owner of its cart. */
  owner: string;
  shipment: NonNullable<OrderView['shipment']> | null;
  /** What the order knows of its stock. `asked`: a reservation is on its way. */
  stock: 'asked' | 'reserved' | 'committing' | 'committed' | 'releasing' | 'released' | 'refused';
  payment: {
    id: string;
    provider: string;
    token: string;
    status: OrderView['payment']['status'];
    /** Payments was asked for the money; from then on it must hear of a cancellation. */
    requested: boolean;
    /** Until then the order waits for its payment. */
    until: string;
    url: string | null;
  };
}

export interface Placement extends Pick<
  OrderState,
  'id' | 'number' | 'cartId' | 'owner' | 'email' | 'shippingAddress' | 'lines'
> {
  payment: { id: string; provider: string; token: string };
  now: string;
  /** The order expires if it is not paid by then. */
  payBy: string;
  /** The stock is held until then: longer than the payment may take. */
  holdUntil: string;
}

/** Money of these states is, and stays, the buyer's. */
const moneyIsBack = ['declined', 'failed', 'voided', 'refunded'];
/** Money of these states was taken, and not all of it is back. */
const moneyIsTaken = ['captured', 'partially_refunded'];

/**
 * An order and its checkout: place → reserve stock → authorize payment → commit stock → confirm → capture. Every step
 * has its undo, every wait a deadline. Events may come in any order, and after the order was closed.
 */
export class Order extends Aggregate {
  constructor(
    readonly state: OrderState,
    /** How often it was written; 0: never. */
    readonly version = 0,
  ) {
    super();
  }

  /** @throws TypeError where the lines are in several currencies, InexactAmount where they are too much */
  static place({ now, payBy, holdUntil, payment, ...order }: Placement): Order {
    const totals = order.lines.map(({ lineTotal }) => lineTotal);
    const state: OrderState = {
      ...order,
      total: addMoney(totals, totals[0]!.currency),
      status: 'pending',
      stock: 'asked',
      payment: { ...payment, status: 'created', requested: false, until: payBy, url: null },
      missing: [],
      shipment: null,
      history: [{ at: now, status: 'pending', reason: null }],
      createdAt: now,
    };
    const { id: orderId, cartId, number } = state;
    const lines = state.lines.map(({ sku, quantity }) => ({ sku, quantity }));
    return new Order(state)
      .record(new OrderPlaced({ orderId, cartId, number, lines }))
      .send(new ReserveStock({ orderId, lines, until: holdUntil }))
      .send(new ExpireOrder({ orderId }), { at: payBy });
  }

  stockReserved(now: string): void {
    if (this.state.status !== 'pending') return; // closed meanwhile: the release is on its way, behind the reservation
    const { id: orderId, total, payment } = this.state;
    this.state.stock = 'reserved';
    payment.requested = true;
    this.become('stock_reserved', now);
    this.send(
      new AuthorizePayment({
        orderId,
        paymentId: payment.id,
        amount: total,
        provider: payment.provider,
        token: payment.token,
        until: payment.until,
        owner: this.state.owner,
      }),
    );
  }

  /** Not enough: at the reservation, or, when that had run out, at the commit. */
  stockRefused(missing: StockRefused['missing'], now: string): void {
    if (!this.open) return;
    this.state.stock = 'refused';
    this.state.missing = missing.map((line) => ({ ...line }));
    this.returnMoney();
    this.reject('out_of_stock', now);
  }

  actionRequired(url: string): void {
    if (!this.open || this.state.payment.status !== 'created') return;
    Object.assign(this.state.payment, { status: 'requires_action', url });
  }

  paymentAuthorized(): void {
    const { id: orderId, payment, stock } = this.state;
    if (moneyIsTaken.includes(payment.status) || moneyIsBack.includes(payment.status)) return;
    Object.assign(payment, { status: 'authorized', url: null });
    if (!this.open) this.returnMoney(); // it came too late
    else if (stock === 'reserved') {
      this.state.stock = 'committing';
      this.send(new CommitStock({ orderId }));
    }
  }

  stockCommitted(now: string): void {
    if (this.state.status !== 'stock_reserved') return; // cancelled meanwhile: the release follows the commit
    const { id: orderId, cartId, payment } = this.state;
    this.state.stock = 'committed';
    this.become('confirmed', now);
    this.record(new OrderConfirmed({ orderId, cartId })).send(new CapturePayment({ paymentId: payment.id }));
  }

  paymentDeclined(reason: string, now: string): void {
    this.moneyReturned('declined', now);
    if (!this.open) return;
    this.releaseStock();
    this.reject(reason, now);
  }

  paymentCaptured(): void {
    const { payment } = this.state;
    if (payment.status !== 'partially_refunded' && !moneyIsBack.includes(payment.status)) payment.status = 'captured';
  }

  /** Voided, refunded or declined: a cancelled order waits for all of it. Any other keeps its status. */
  moneyReturned(status: 'declined' | 'voided' | 'refunded' | 'partially_refunded', now: string): void {
    if (status === 'partially_refunded' && this.state.payment.status === 'refunded') return; // told late
    Object.assign(this.state.payment, { status, url: null });
    this.finishCancelling(now);
  }

  stockReleased(now: string): void {
    this.state.stock = 'released';
    this.finishCancelling(now);
  }

  /** The deadline of the payment: an authorized order is past it. */
  expire(now: string): void {
    const { id: orderId, cartId, stock } = this.state;
    if (!this.open || stock === 'committing') return;
    this.releaseStock();
    this.returnMoney();
    this.become('expired', now, 'payment_timeout');
    this.record(new OrderExpired({ orderId, cartId }));
  }

  /** Stops the order, whatever has happened. @throws ordering.not_cancellable once it is on its way, or ended otherwise */
  cancel(now: string): void {
    const { status } = this.state;
    if (status === 'cancelling' || status === 'cancelled') return;
    if (!this.open && status !== 'confirmed') throw CancelOrder.failure('ordering.not_cancellable', { status });
    this.releaseStock();
    this.returnMoney();
    this.become('cancelling', now, 'cancelled');
    this.finishCancelling(now);
  }

  /** The goods are on their way, and come to be complete by themselves. @throws ordering.not_shippable */
  ship(by: z.infer<typeof Shipping>, now: string, completeAt: string): void {
    const { id: orderId, cartId, status, payment } = this.state;
    if (status === 'shipped' || status === 'completed') return;
    if (status !== 'confirmed' || !moneyIsTaken.includes(payment.status))
      throw ShipOrder.failure('ordering.not_shippable', { status, payment: payment.status });
    this.state.shipment = { at: now, ...by };
    this.become('shipped', now);
    this.record(new OrderShipped({ orderId, cartId, ...by })).send(new CompleteOrder({ orderId }), { at: completeAt });
  }

  complete(now: string): void {
    const { id: orderId, cartId, status } = this.state;
    if (status !== 'shipped') return;
    this.become('completed', now);
    this.record(new OrderCompleted({ orderId, cartId }));
  }

  private get open(): boolean {
    return this.state.status === 'pending' || this.state.status === 'stock_reserved';
  }

  private become(status: OrderState['status'], at: string, reason: string | null = null): void {
    this.state.status = status;
    this.state.history.push({ at, status, reason });
  }

  private reject(reason: string, now: string): void {
    const { id: orderId, cartId } = this.state;
    this.become('rejected', now, reason);
    this.record(new OrderRejected({ orderId, cartId, reason }));
  }

  private releaseStock(): void {
    this.state.stock = 'releasing';
    this.send(new ReleaseStock({ orderId: this.state.id }));
  }

  private returnMoney(): void {
    if (this.state.payment.requested) this.send(new CancelPayment({ paymentId: this.state.payment.id }));
  }

  private finishCancelling(now: string): void {
    const { id: orderId, cartId, status, stock, payment } = this.state;
    if (status !== 'cancelling' || stock !== 'released' || (payment.requested && !moneyIsBack.includes(payment.status)))
      return;
    this.become('cancelled', now);
    this.record(new OrderCancelled({ orderId, cartId }));
  }
}

/** Nothing but time or a person can change the order now. */
export function isSettled({ status, stock, payment }: Pick<OrderState, 'status' | 'stock' | 'payment'>): boolean {
  switch (status) {
    case 'shipped':
    case 'completed':
    case 'cancelled':
      return true;
    case 'confirmed':
      return moneyIsTaken.includes(payment.status) || payment.status === 'refunded';
    case 'stock_reserved':
      return payment.status === 'requires_action';
    case 'rejected':
    case 'expired':
      return (
        (stock === 'released' || stock === 'refused') && (!payment.requested || moneyIsBack.includes(payment.status))
      );
    case 'pending':
    case 'cancelling':
      return false;
  }
}
