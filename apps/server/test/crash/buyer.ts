import { createHash } from 'node:crypto';
import type { SeededRandomness } from '#kernel/base';
import { address, newKey } from '../shop.js';
import { Client } from './client.js';
import type { Receipts } from './receipts.js';

const tokens = [
  'tok_ok',
  'tok_ok',
  'tok_ok',
  'tok_ok',
  'tok_declined',
  'tok_double_webhook',
  'tok_requires_action',
  'tok_timeout',
  'tok_late_webhook',
];

export interface GuestCart {
  readonly id: string;
  readonly owner: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly lines: ReadonlyMap<string, number>;
}

/** A guest who buys, and now and then thinks better of it. */
export class Buyer {
  private readonly guest: Client;

  constructor(
    url: string,
    private readonly chance: SeededRandomness,
    private readonly receipts: Receipts,
    private readonly skus: readonly string[],
  ) {
    this.guest = new Client(url, chance);
  }

  async buy(): Promise<void> {
    const cart = await this.fillCart();
    const { orderId } = await this.checkOut(this.guest, cart.id, cart.headers);
    this.receipts.put(cart.owner, cart.lines);
    const fate = this.chance.next();
    if (fate < 0.15) await this.cancel(this.guest, orderId!, cart.headers);
    else if (fate < 0.5) await this.approve(orderId!, cart.headers);
  }

  /** A guest's cart with something in it. */
  async fillCart(): Promise<GuestCart> {
    const { id, token } = (await this.guest.ask<{ id: string; token: string }>('POST', '/carts')).body;
    const cart = {
      id,
      owner: `guest:${createHash('sha256').update(token).digest('hex')}`,
      headers: { 'x-cart-token': token },
      lines: new Map([this.pick(this.skus), this.pick(this.skus)].map((sku) => [sku, 1 + this.dice(2)])),
    };
    for (const [sku, quantity] of cart.lines)
      await this.guest.ask('PUT', `/carts/${id}/items/${sku}`, { headers: cart.headers, body: { quantity } });
    return cart;
  }

  /** Answers the order, or why there is none. */
  async checkOut(
    client: Client,
    cartId: string,
    headers: Readonly<Record<string, string>> = {},
    refusals: readonly string[] = [],
  ): Promise<{ orderId?: string; refused?: string }> {
    const { refused, body } = await client.ask<{ orderId: string }>('POST', `/carts/${cartId}/checkout`, {
      headers: { ...headers, 'idempotency-key': newKey() },
      body: {
        email: 'ada@example.com',
        shippingAddress: address,
        payment: { provider: 'test', token: this.pick(tokens) },
      },
      refusals,
    });
    if (refused !== undefined) return { refused };
    this.receipts.orders.set(body.orderId, cartId);
    return { orderId: body.orderId };
  }

  async cancel(client: Client, orderId: string, headers: Readonly<Record<string, string>> = {}): Promise<void> {
    const refusals = ['ordering.not_cancellable'];
    const { refused } = await client.ask('POST', `/orders/${orderId}/cancel`, { headers, refusals });
    if (refused === undefined) this.receipts.cancelled.add(orderId);
  }

  /** Looks at the order for a moment; where it wants a person's word, gives it. */
  private async approve(orderId: string, headers: Readonly<Record<string, string>>): Promise<void> {
    const { body } = await this.guest.ask<{ payment: { nextAction?: { url: string } } }>(
      'GET',
      `/orders/${orderId}?wait=1`,
      { headers },
    );
    if (!body.payment.nextAction) return;
    const outcome = this.chance.next() < 0.7 ? 'approve' : 'decline';
    await fetch(body.payment.nextAction.url, { method: 'POST', body: new URLSearchParams({ outcome }) }).then((page) =>
      page.text(),
    );
  }

  private pick<Item>(items: readonly Item[]): Item {
    return items[this.dice(items.length)]!;
  }

  private dice(sides: number): number {
    return Math.floor(this.chance.next() * sides);
  }
}
