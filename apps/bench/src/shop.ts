import { randomUUID } from 'node:crypto';
import { until } from '#kernel/testing';
import { ProcessesFile } from '#kernel/local';
import { article, csv } from './files.js';
import { post } from './http.js';
import { administrator, spawnServer, temporaryFolder } from './server.js';

export const SKUS = 100;
export const anySku = (): string => `SKU-${Math.floor(Math.random() * SKUS)}`;

export interface RunningShop {
  readonly url: string;
  /** Process ids, by the names in processes.json. */
  readonly pids: Readonly<Record<string, number>>;
  /** Buys a piece as a guest: resolves when the order is confirmed and its payment captured. */
  readonly buy: () => Promise<void>;
  /** Imports a file. Answers how many products are new. */
  readonly bring: (type: 'text/csv' | 'application/x-ndjson', file: Iterable<string>) => Promise<number>;
}

/** The whole server on the database at `databaseUrl`, with its own payment provider and SKUs to sell. */
export async function startShop(
  databaseUrl: string,
  cleanup: AsyncDisposableStack,
  environment: Record<string, string> = {},
  args: readonly string[] = [],
): Promise<RunningShop> {
  const dataDir = await temporaryFolder(cleanup);
  const server = await spawnServer(dataDir, { DATABASE_URL: databaseUrl, ...environment }, cleanup, args);
  const { url } = server;
  const ask = async <Answer>(
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: object,
  ): Promise<Answer> => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Answer;
  };

  await until(async () => server.hasEnded() || (await fetch(`${url}/health/ready`)).ok, 'the server answers', 40);
  const bring: RunningShop['bring'] = async (type, file) => {
    const { accessToken } = await ask<{ accessToken: string }>('POST', '/auth/login', {}, administrator);
    const headers = { authorization: `Bearer ${accessToken}`, 'content-type': type };
    const report = await post(`${url}/api/v1/products/import`, headers, file);
    const { created, rejectedCount } = JSON.parse(report) as { created: number; rejectedCount: number };
    if (rejectedCount > 0) throw new Error(`not all was imported: ${report.slice(0, 1_000)}`);
    return created;
  };
  await bring('text/csv', csv(Array.from({ length: SKUS }, (_, n) => article(`SKU-${n}`))));
  const skus = Array.from({ length: SKUS }, (_, n) => `SKU-${n}`);
  await until(() => Promise.all(skus.map((sku) => ask('GET', `/stock/${sku}`, {}))), 'the stock is known');
  const processes = await until(async () => {
    const listed = await new ProcessesFile(dataDir).living();
    return listed.some(({ name }) => name === 'test-provider') && listed;
  }, 'the provider runs, too');

  return {
    url,
    pids: Object.fromEntries(processes.map(({ name, pid }) => [name, pid])),
    bring,
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
