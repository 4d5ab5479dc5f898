import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { contexts } from '../../src/contexts.js';
import type { RunningServer } from '../running-server.js';
import type { Money } from '../shop.js';

export interface OrderRow {
  id: string;
  cart_id: string;
  status: string;
  stock: string;
  total: number;
  currency: string;
  lines: { sku: string; quantity: number }[];
  payment: { id: string; status: string; requested: boolean };
}

export interface PaymentRow {
  id: string;
  status: string;
  amount: number;
  captured: number;
  refunded: number;
  /** Refunds under way. */
  due: number;
}

export interface RefundRow {
  reference: string;
  payment_id: string;
  amount: number;
  by_hand: boolean;
  requested: number;
  done: number;
  refused: number;
}

export interface ProviderPayment {
  reference: string;
  status: string;
  amount: Money;
  captured: Money;
  refunded: Money;
}

/** The books of the shop and of its payment provider, read behind the shop's back. */
export class Books {
  private constructor(
    private readonly client: pg.Client,
    private readonly provider: string,
    private readonly providerSecret: string,
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
    return new Books(client, `http://127.0.0.1:${port('test-provider')}`, server.providerSecret);
  }

  orders(): Promise<OrderRow[]> {
    return this.rows(
      `select id, cart_id, status, stock, (total->>'amount')::int as total, total->>'currency' as currency, lines, payment from ordering.orders order by id`,
    );
  }

  stock(): Promise<{ sku: string; on_hand: number; reserved: number }[]> {
    return this.rows(`select sku, on_hand::int, reserved::int from inventory.stock_item order by sku`);
  }

  /** What is on sale: every variant of every product, and whether the catalogue says that there are pieces of it. */
  variants(): Promise<{ sku: string; handle: string; available: boolean }[]> {
    return this.rows(`
      select variant.sku, handle, available from catalog.product left join catalog.variant on product_id = product.id
      order by variant.sku`);
  }

  /** By `owner sku`, how many pieces stand in carts that can still be ordered, and in orders that have not come to nothing. */
  async pieces(): Promise<Map<string, number>> {
    const rows = await this.rows<{ owner: string; sku: string; quantity: number }>(`
      select owner, line->>'sku' as sku, sum((line->>'quantity')::int)::int as quantity
      from (
        select owner, lines from cart.cart where status = 'active'
        union all
        select owner, lines from ordering.orders where status not in ('rejected', 'expired')
      ) as kept, jsonb_array_elements(lines) as line
      group by owner, line->>'sku'`);
    return new Map(rows.map(({ owner, sku, quantity }) => [`${owner} ${sku}`, quantity]));
  }

  /** Messages that wait, or were given up, in any context. */
  parked(): Promise<{ subscriber: string; name: string; dead: boolean; error: unknown }[]> {
    return this.rows(ofAll((_, schema) => `select subscriber, name, dead, error::text from ${schema}.inbox_parked`));
  }

  /**
   * Messages that some listener has not taken in, or took in before an earlier one of the same publisher and key. When a
   * message was taken in its transaction says, which begins after the one before has ended. With each, how far its slot was
   * read, and who reads it.
   */
  wronglyTold(): Promise<{ publisher: string; subscriber: string; name: string; key: string; lost: boolean }[]> {
    return this.rows(`
      with told as (${ofAll((context, schema) => `select ${context} as publisher, message_id, id, xid, slot, at as told_at, name, key, destination from ${schema}.outbox`)}),
        listens as (${ofAll((context, schema) => `select ${context} as reader, subscriber, message from ${schema}.inbox_listener`)}),
        read as (${ofAll(
          (context, schema) => `
          select ${context} as publisher, slot, holder, until, json_agg(json_build_object('to', destination, 'seen', seen, 'upto', upto)) as cursors
          from ${schema}.outbox_slot join ${schema}.outbox_cursor using (slot) group by slot, holder, until`,
        )}),
        heard as (${ofAll((context, schema) => `select ${context} as reader, message_id, subscriber, at from ${schema}.inbox`)}),
        due as (
          select told.*, reader, subscriber from told join listens on destination is null and message = name
          union all select told.*, destination, destination from told where destination is not null
        ),
        taken as (
          select due.*, at, lag(at) over line as former_at, lag(id) over line as former_id, lag(name) over line as former
          from due left join heard using (reader, subscriber, message_id)
          window line as (partition by publisher, reader, subscriber, key order by id)
        )
      select publisher, subscriber, name, key, at is null as lost, id, xid, told_at, at::text, former, former_id, former_at::text,
        now(), slot, holder, until, cursors
      from taken join read using (publisher, slot) where at is null or at < former_at`);
  }

  async payments(): Promise<Map<string, PaymentRow>> {
    const rows = await this.rows<PaymentRow>(`
      select id, status, amount::int, captured::int, refunded::int, jsonb_array_length(state->'refunds') as due
      from payments.payment`);
    return new Map(rows.map((row) => [row.id, row]));
  }

  /** Every refund that our books began, and how often each thing happened to it. */
  refunds(): Promise<RefundRow[]> {
    return this.rows(`
      select payment_id, data->>'reference' as reference, (data->>'amount')::int as amount,
        bool_or((data->>'byHand')::boolean) is true as by_hand,
        count(*) filter (where type = 'refund_requested')::int as requested,
        count(*) filter (where type = 'refund_done')::int as done,
        count(*) filter (where type = 'refund_refused')::int as refused
      from payments.payment_event where type in ('refund_requested', 'refund_done', 'refund_refused')
      group by payment_id, data->>'reference', data->>'amount'`);
  }

  /** All payments that the provider knows of, by our reference. */
  async providerPayments(): Promise<Map<string, ProviderPayment>> {
    const payments = new Map<string, ProviderPayment>();
    for (let after: string | undefined; ;) {
      const page = await fetch(`${this.provider}/v1/payments?limit=500${after ? `&after=${after}` : ''}`, {
        headers: { authorization: `Bearer ${this.providerSecret}` },
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

  private async rows<Row extends object>(query: string): Promise<Row[]> {
    return (await this.client.query<Row>(query)).rows;
  }
}

/** The rows of all contexts, by the name of each as SQL and its schema. */
const ofAll = (select: (context: string, schema: string) => string): string =>
  Object.keys(contexts)
    .map((context) => select(`'${context}'`, context.replaceAll('-', '_')))
    .join(' union all ');
