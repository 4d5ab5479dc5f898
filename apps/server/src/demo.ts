import { createReadStream } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { QueryBus } from '@nestjs/cqrs';
import { GetCurrency, ListProducts } from '#catalog/contracts';
import { demoAdministrator } from '#identity/contracts';
import { GetStock } from '#inventory/contracts';
import { Failure } from '#kernel/messages';
import { join } from 'node:path';
import type * as z from 'zod';

type Products = z.output<typeof ListProducts.answer>;

/** The project's root, seen from the compiled file. */
const root = join(import.meta.dirname, '../../../..');

/** Fills an empty shop by the way that every shopkeeper takes: log in, import a file. */
export async function fillEmptyShop(url: string, queries: QueryBus, tell: (line: string) => void): Promise<void> {
  // By the bus: only an empty shop need load what speaks HTTP.
  const shown = await whenThere(
    () => queries.execute(new ListProducts({ limit: 1 })).catch(asFailure),
    (answer) => !(answer instanceof Failure) || answer.status < 503,
  );
  if (shown instanceof Failure) return tell(`The demo is left out: ${shown.message}`);
  if (shown.items.length > 0) return;
  const login = await whenThere(
    () =>
      fetch(`${url}/api/v1/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(demoAdministrator),
      }),
    ({ status }) => status < 503,
  );
  if (!login.ok) {
    tell(`The shop is empty, and stays so: the demo log-in ${demoAdministrator.email} does not work here.`);
    return;
  }
  const { accessToken } = (await login.json()) as { accessToken: string };
  tell('The shop is empty: importing the demo catalogue …');
  const answer = await fetch(`${url}/api/v1/products/import`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', authorization: `Bearer ${accessToken}` },
    body: await catalogue(queries),
  });
  const report = (await answer.json()) as { created?: number; rejectedCount?: number };
  if (!answer.ok || report.rejectedCount !== 0)
    throw new Error(`the demo catalogue was not imported: ${JSON.stringify(report)}`);
  await stockIsKnown(url, queries);
  tell(`${report.created} products are in the shop.`);
}

/** In the shop's currency. The reader of CSV is the edge's, and loaded for an empty shop alone. */
async function catalogue(queries: QueryBus): Promise<string> {
  const { demoCatalogue } = await import('#catalog/http');
  const { currency } = await queries.execute(new GetCurrency({}));
  return demoCatalogue(createReadStream(join(root, 'libs/catalog/demo/products.csv')), currency);
}

/** In a split shop the contexts come up one by one: asks, for a minute at most, until whoever answers is there. */
async function whenThere<Answer>(ask: () => Promise<Answer>, isThere: (answer: Answer) => boolean): Promise<Answer> {
  for (const end = performance.now() + 60_000; ; await pause(500)) {
    const answer = await ask();
    if (isThere(answer) || performance.now() > end) return answer;
  }
}

/** The answer of a context that refuses, or is not there yet. */
function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  throw error;
}

/** Inventory learns of new products, and the catalog of their stock, by events: waits, for half a minute at most, until both have. */
async function stockIsKnown(url: string, queries: QueryBus): Promise<void> {
  for (const end = performance.now() + 30_000; performance.now() < end; await pause(50)) {
    const { items } = (await (await fetch(`${url}/api/v1/products?limit=100`)).json()) as Products;
    const known = await Promise.all(
      items.flatMap(({ variants }) => variants).map((variant) => isKnown(queries, variant)),
    );
    if (known.every(Boolean)) return;
  }
}

async function isKnown(queries: QueryBus, { sku, available }: { sku: string; available: boolean }): Promise<boolean> {
  try {
    const stock = await queries.execute(new GetStock({ sku }));
    return stock.available > 0 === available;
  } catch (error) {
    if (error instanceof Failure && (error.status === 404 || error.status >= 503)) return false;
    throw error;
  }
}
