import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { anySku, SKUS } from './shop.js';

export interface Raw {
  readonly pid: number;
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** raw-shop.ts as a process of its own, on the database at `databaseUrl`. */
export async function startRaw(databaseUrl: string, cleanup: AsyncDisposableStack): Promise<Raw> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'raw-shop.js')], {
    env: { ...process.env, DATABASE_URL: databaseUrl },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  const stop = async () => {
    child.kill();
    await exit;
  };
  cleanup.defer(stop);
  const [url] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { pid: child.pid!, url, stop };
}

/** What `buyRaw` writes to. */
export const rawTables = `
  create table orders (id uuid primary key, cart_id uuid not null unique, sku text not null, amount bigint not null, data json not null, at timestamptz not null default now());
  create table stock (sku text primary key, on_hand integer not null) with (fillfactor = 50);
  create table payment (id uuid primary key, order_id uuid not null references orders, amount bigint not null, status text not null);
  create table cart (id uuid primary key, status text not null);
  create table event (id bigint generated always as identity primary key, name text not null, payload json not null);
  insert into stock select 'SKU-' || n, 1000000 from generate_series(0, ${SKUS - 1}) n`;

/** One request that does it all. */
export async function buyRaw(url: string): Promise<void> {
  const response = await fetch(`${url}/checkout`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ cartId: randomUUID(), sku: anySku(), shippingAddress: address }),
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  await response.json();
}

const address = { name: 'Ada Lovelace', line1: 'Hauptstr. 1', city: 'Ulm', postalCode: '89073', country: 'DE' };
