import { setTimeout as pause } from 'node:timers/promises';
import type { SeededRandomness } from '#kernel/base';
import { newKey } from '../shop.js';
import type { Buyer } from './buyer.js';
import { Client } from './client.js';
import type { Receipts } from './receipts.js';

/** Opens an account, shops with it for a while, on the phone without logging in too, and begins anew. */
export class Member {
  constructor(
    private readonly url: string,
    private readonly chance: SeededRandomness,
    private readonly receipts: Receipts,
    private readonly buyer: Buyer,
    /** One for each time that a member goes shopping. */
    private readonly skus: readonly string[],
  ) {}

  async live(patience: AbortSignal): Promise<void> {
    const account = { email: `${newKey()}@example.com`, password: 'three warm sleeping bags' };
    const registration = {
      headers: { 'idempotency-key': newKey() },
      body: { ...account, name: 'Grace Hopper' },
    };
    const { id } = (await new Client(this.url, this.chance).ask<{ id: string }>('POST', '/auth/register', registration))
      .body;
    const client = new Client(this.url, this.chance, account);
    const orders: string[] = [];
    for (const sku of this.skus) {
      if (patience.aborted || !(await this.shop(client, `user:${id}`, sku, orders))) return;
    }
  }

  /** Answers whether to go on. */
  private async shop(client: Client, owner: string, sku: string, orders: string[]): Promise<boolean> {
    if (this.chance.next() < 0.5) await client.refresh();
    const cartId = await this.putIntoActiveCart(client, sku);
    this.receipts.put(owner, [[sku, 1]]);

    const guests = await this.buyer.fillCart();
    const claim = async () => {
      const { headers } = guests;
      const refusals = ['ordering.cart_has_order'];
      const { refused } = await client.ask('POST', `/carts/${guests.id}/claim`, { headers, refusals });
      this.receipts.put(refused === undefined ? owner : guests.owner, guests.lines);
      return refused;
    };
    const checkOut = async () => {
      orders.push((await this.buyer.checkOut(client, cartId)).orderId!);
    };
    const fate = this.chance.next();
    if (fate < 0.4) {
      const refusals = ['cart.not_found', 'cart.not_active'];
      const [claimed, placed] = await Promise.all([
        claim(),
        this.buyer.checkOut(new Client(this.url, this.chance), guests.id, guests.headers, refusals),
      ]);
      if (claimed !== undefined && placed.refused !== undefined)
        throw new Error(`cart ${guests.id} is nobody's: ${claimed}, ${placed.refused}`);
      await checkOut();
    } else if (fate < 0.7) await Promise.all([claim(), checkOut()]);
    else {
      await claim();
      await checkOut();
    }
    if (this.chance.next() < 0.15) await this.buyer.cancel(client, orders.at(-1)!);
    await this.readOrders(client, orders);
    return this.isClosed(client, cartId);
  }

  private async putIntoActiveCart(client: Client, sku: string): Promise<string> {
    for (;;) {
      const { id } = (await client.ask<{ id: string }>('POST', '/carts')).body;
      const path = `/carts/${id}/items/${sku}`;
      const { refused } = await client.ask('PUT', path, { body: { quantity: 1 }, refusals: ['cart.not_active'] });
      if (refused === undefined) return id; // else an older one came back from an order that is over
    }
  }

  private async readOrders(client: Client, orders: readonly string[]): Promise<void> {
    const { items } = (await client.ask<{ items: { id: string }[] }>('GET', '/orders')).body;
    const listed = items.map(({ id }) => id);
    if (listed.join() !== orders.toReversed().join())
      throw new Error(`${listed.join()} are listed, not ${orders.join()}`);
  }

  /**
   * Whether the cart has surely heard of its order. An order that came to nothing at once leaves a cart that looks as if
   * it had not; a next order of it could buy again what the member put in since (docs/adr/0009).
   */
  private async isClosed(client: Client, cartId: string): Promise<boolean> {
    for (let look = 0; look < 30; look++) {
      if ((await client.ask<{ status: string }>('GET', `/carts/${cartId}`)).body.status !== 'active') return true;
      await pause(100);
    }
    return false;
  }
}
