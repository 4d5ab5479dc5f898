import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '#kernel/testing';

export const SKUS = 100;
export const anySku = (): string => `SKU-${Math.floor(Math.random() * SKUS)}`;

export interface RunningShop {
  readonly url: string;
  /** Process ids, by the names in processes.json. */
  readonly pids: Readonly<Record<string, number>>;
  /** Buys a piece as a guest: resolves when the order is confirmed and its payment captured. */
  readonly buy: () => Promise<void>;
}

/** The whole server as a process of its own, on the database at `databaseUrl`, with its own payment provider and SKUs to sell. */
export async function startShop(
  databaseUrl: string,
  cleanup: AsyncDisposableStack,
  environment: Record<string, string> = {},
): Promise<RunningShop> {
  const dataDir = await mkdtemp(join(tmpdir(), 'cleave-bench-shop-'));
  cleanup.defer(() => rm(dataDir, { recursive: true, force: true }));
  const port = await freePort();
  const child = spawn(process.execPath, [join(import.meta.dirname, '../main.js')], {
    env: {
      PATH: process.env['PATH'],
      PORT: String(port),
      CLEAVE_DATA_DIR: dataDir,
      DATABASE_URL: databaseUrl,
      CLEAVE_DEMO: 'off',
      LOG_LEVEL: 'warn',
      ...environment,
    },
    cwd: dataDir,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exit = once(child, 'exit');
  cleanup.defer(async () => {
    child.kill('SIGTERM');
    await exit;
  });
  const api = `http://127.0.0.1:${port}/api/v1`;
  const ask = async <Answer>(
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: object | string,
  ): Promise<Answer> => {
    const type = typeof body === 'string' ? 'text/csv' : 'application/json';
    const response = await fetch(`${api}${path}`, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': type }) },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Answer;
  };

  await until(
    async () => child.exitCode !== null || (await fetch(`http://127.0.0.1:${port}/health/ready`)).ok,
    'the server answers',
    40,
  );
  const { accessToken } = await ask<{ accessToken: string }>(
    'POST',
    '/auth/login',
    {},
    { email: 'admin@cleave.test', password: 'cleave-admin-1' },
  );
  const header =
    'Handle,Title,Body (HTML),Vendor,Published,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Qty,Variant Price';
  const products = Array.from({ length: SKUS }, (_, n) =>
    ['S', 'M', 'L'].map((size, row) =>
      row === 0
        ? `sku-${n},Title ${n},<p>${'What there is to say about it. '.repeat(10)}</p>,Bench,true,Size,${size},SKU-${n},1000000,12.50`
        : `sku-${n},,,,,,${size},SKU-${n}-${size},1000000,12.50`,
    ),
  );
  await ask(
    'POST',
    '/products/import',
    { authorization: `Bearer ${accessToken}` },
    `${[header, ...products.flat()].join('\n')}\n`,
  );
  await until(() => ask('GET', `/stock/SKU-${SKUS - 1}`, {}), 'the stock is known');
  const processes = JSON.parse(await readFile(join(dataDir, 'processes.json'), 'utf8')) as {
    name: string;
    pid: number;
  }[];

  return {
    url: `http://127.0.0.1:${port}`,
    pids: Object.fromEntries(processes.map(({ name, pid }) => [name, pid])),
    buy: async () => {
      const { id, token } = await ask<{ id: string; token: string }>('POST', '/carts', {});
      const guest = { 'x-cart-token': token };
      await ask('PUT', `/carts/${id}/items/${anySku()}`, guest, { quantity: 1 });
      const { orderId } = await ask<{ orderId: string }>(
        'POST',
        `/carts/${id}/checkout`,
        { ...guest, 'idempotency-key': randomUUID() },
        order,
      );
      const { status, payment } = await ask<{ status: string; payment: { status: string } }>(
        'GET',
        `/orders/${orderId}?wait=20`,
        guest,
      );
      if (status !== 'confirmed' || payment.status !== 'captured')
        throw new Error(`order ${orderId} is ${status}, its payment ${payment.status}`);
    },
  };
}

const order = {
  email: 'ada@example.com',
  shippingAddress: { name: 'Ada Lovelace', line1: 'Hauptstr. 1', city: 'Ulm', postalCode: '89073', country: 'DE' },
  payment: { provider: 'test', token: 'tok_ok' },
};

/** A port that nobody listens on just now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
