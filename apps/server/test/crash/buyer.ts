import { setTimeout as pause } from 'node:timers/promises';
import type { SeededRandomness } from '#kernel';
import { address, newKey } from '../shop.js';

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

/** A buyer who does not give up: every request is repeated, under its key, until the shop answers. */
export class Buyer {
  /** The orders that the shop has promised, by cart. */
  readonly promised = new Map<string, string>();

  constructor(
    private readonly url: string,
    private readonly chance: SeededRandomness,
    private readonly skus: readonly string[],
    private readonly patience: AbortSignal,
  ) {}

  async shop(): Promise<void> {
    while (!this.patience.aborted) await this.buy();
  }

  private async buy(): Promise<void> {
    const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(this.chance.next() * items.length)]!;
    const cart = await this.ask<{ id: string; token: string }>('POST', '/api/v1/carts', {}, undefined);
    const mine = { 'x-cart-token': cart.token };
    for (const sku of new Set([pick(this.skus), pick(this.skus)])) {
      await this.ask('PUT', `/api/v1/carts/${cart.id}/items/${sku}`, mine, {
        quantity: 1 + Math.floor(this.chance.next() * 2),
      });
    }
    const order = await this.ask<{ orderId: string }>(
      'POST',
      `/api/v1/carts/${cart.id}/checkout`,
      { ...mine, 'idempotency-key': newKey() },
      { email: 'ada@example.com', shippingAddress: address, payment: { provider: 'test', token: pick(tokens) } },
    );
    this.promised.set(cart.id, order.orderId);
    const fate = this.chance.next();
    if (fate < 0.15) await this.ask('POST', `/api/v1/orders/${order.orderId}/cancel`, mine, undefined);
    else if (fate < 0.5) await this.approve(order.orderId, mine);
  }

  /** Looks at the order for a moment; where it wants a person's word, gives it. */
  private async approve(orderId: string, mine: Record<string, string>): Promise<void> {
    const { payment } = await this.ask<{ payment: { nextAction?: { url: string } } }>(
      'GET',
      `/api/v1/orders/${orderId}?wait=1`,
      mine,
      undefined,
    );
    if (!payment.nextAction) return;
    const outcome = this.chance.next() < 0.7 ? 'approve' : 'decline';
    await fetch(payment.nextAction.url, { method: 'POST', body: new URLSearchParams({ outcome }) }).then((page) =>
      page.text(),
    );
  }

  private async ask<Answer>(
    method: string,
    path: string,
    headers: Record<string, string>,
    body: object | undefined,
  ): Promise<Answer> {
    for (const end = performance.now() + 60_000; ; await pause(30)) {
      try {
        const answer = await fetch(this.url + path, {
          method,
          headers: { ...headers, ...(body ? { 'content-type': 'application/json' } : {}) },
          ...(body ? { body: JSON.stringify(body) } : {}),
          signal: AbortSignal.timeout(10_000),
        });
        const text = await answer.text();
        if (answer.status < 500) {
          if (answer.ok || (answer.status === 409 && path.endsWith('/cancel')))
            return (text ? JSON.parse(text) : undefined) as Answer;
          throw new RefusedRequest(`${method} ${path}: ${answer.status} ${text}`);
        }
      } catch (error) {
        if (error instanceof RefusedRequest) throw error; // anything else: the server is down for a moment
      }
      if (performance.now() > end) throw new Error(`${method} ${path} was not answered for a minute`);
    }
  }
}

class RefusedRequest extends Error {}
