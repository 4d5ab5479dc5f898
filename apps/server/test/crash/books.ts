import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { contexts } from '../../src/contexts.js';
import type { RunningServer } from '../running-server.js';

export interface OrderRow {
  id: string;
  cart_id: string;
  status: string;
  stock: string;
  total: number;
  lines: { sku: string; quantity: number }[];
  payment: { id: string; status: string; requested: boolean };
}

export interface ProviderPayment {
  reference: string;
  status: string;
  captured: { amount: number };
  refunded: { amount: number };
}

/** The books of the shop and of its payment provider, read behind the shop's back. */
export class Books {
  private constructor(
    private readonly client: pg.Client,
    private readonly provider: string,
  ) {}

  static async open(server: RunningServer): Promise<Books> {
    const processes = await server.processes();
    const port = (name: string) => Object.values(processes.find((one) => one.name === name)!.ports)[0]!;
    const password = (await readFile(join(server.dataDir, 'postgres.password'), 'utf8')).trim();
    const client = new pg.Client({
      host: '127.0.0.1',
      port: port('postgres'),
      user: 'postgres',
      password,
      database: 'cleave',
    });
    await client.connect();
    return new Books(client, `http://127.0.0.1:${port('test-provider')}`);
  }

  async orders(): Promise<OrderRow[]> {
    const { rows } = await this.client.query<OrderRow>(
      `select id, cart_id, status, stock, (total->>'amount')::int as total, lines, payment from ordering.orders order by id`,
    );
    return rows;
  }

  async stock(): Promise<{ sku: string; on_hand: number; reserved: number }[]> {
    const { rows } = await this.client.query<{ sku: string; on_hand: number; reserved: number }>(
      `select sku, on_hand::int as on_hand, reserved::int as reserved from inventory.stock_item order by sku`,
    );
    return rows;
  }

  /** Messages that wait, or were given up, in any context. */
  async parked(): Promise<{ subscriber: string; name: string; dead: boolean; error: unknown }[]> {
    const all = Object.keys(contexts)
      .map((context) => context.replaceAll('-', '_'))
      .map((context) => `select subscriber, name, dead, error::text from ${context}.inbox_parked`)
      .join(' union all ');
    return (await this.client.query<{ subscriber: string; name: string; dead: boolean; error: unknown }>(all)).rows;
  }

  async ownPayments(): Promise<Map<string, string>> {
    const { rows } = await this.client.query<{ id: string; status: string }>(`select id, status from payments.payment`);
    return new Map(rows.map(({ id, status }) => [id, status]));
  }

  /** All payments that the provider knows of, by our reference. */
  async providerPayments(): Promise<Map<string, ProviderPayment>> {
    const payments = new Map<string, ProviderPayment>();
    for (let after: string | undefined; ;) {
      const page = await fetch(`${this.provider}/v1/payments?limit=500${after ? `&after=${after}` : ''}`, {
        headers: { authorization: 'Bearer test-provider-secret' },
      });
      const { items, next } = (await page.json()) as { items: ProviderPayment[]; next?: string | null };
      for (const item of items) {
        if (payments.has(item.reference)) throw new Error(`the provider has two payments for ${item.reference}`);
        payments.set(item.reference, item);
      }
      if (!next) return payments;
      after = next;
    }
  }

  close(): Promise<void> {
    return this.client.end();
  }
}
