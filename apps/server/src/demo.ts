import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { join } from 'node:path';

export const demoLogIn = { email: 'admin@cleave.test', password: 'cleave-admin-1' };

/** The project's root, seen from the compiled file. */
const root = join(import.meta.dirname, '../../../..');

/** Fills an empty shop by the way that every shopkeeper takes: log in, import a CSV. */
export async function fillEmptyShop(url: string, tell: (line: string) => void): Promise<void> {
  const products = (await (await fetch(`${url}/api/v1/products?limit=1`)).json()) as { items: unknown[] };
  if (products.items.length > 0) return;
  const login = await fetch(`${url}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(demoLogIn),
  });
  if (!login.ok) {
    tell(`The shop is empty, and stays so: the demo log-in ${demoLogIn.email} does not work here.`);
    return;
  }
  const { accessToken } = (await login.json()) as { accessToken: string };
  tell('The shop is empty: importing the demo catalogue …');
  const answer = await fetch(`${url}/api/v1/products/import`, {
    method: 'POST',
    headers: { 'content-type': 'text/csv', authorization: `Bearer ${accessToken}` },
    body: await readFile(join(root, 'libs/catalog/demo/products.csv')),
  });
  const report = (await answer.json()) as { created?: number; rejectedCount?: number };
  if (!answer.ok || report.rejectedCount !== 0)
    throw new Error(`the demo catalogue was not imported: ${JSON.stringify(report)}`);
  await stockIsKnown(url);
  tell(`${report.created} products are in the shop.`);
}

/** Inventory learns of new products, and the catalog of their stock, by events: waits, for half a minute at most, until both have. */
async function stockIsKnown(url: string): Promise<void> {
  for (const end = performance.now() + 30_000; performance.now() < end; await pause(50)) {
    const { items } = (await (await fetch(`${url}/api/v1/products?limit=100`)).json()) as {
      items: { variants: Variant[] }[];
    };
    const known = await Promise.all(items.flatMap(({ variants }) => variants).map((variant) => isKnown(url, variant)));
    if (known.every(Boolean)) return;
  }
}

interface Variant {
  sku: string;
  available: boolean;
}

async function isKnown(url: string, { sku, available }: Variant): Promise<boolean> {
  const answer = await fetch(`${url}/api/v1/stock/${encodeURIComponent(sku)}`);
  const stock = (await answer.json()) as { available: number };
  return answer.ok && stock.available > 0 === available;
}
