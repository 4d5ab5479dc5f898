import type { Money } from '#kernel/messages';
import { readShopifyCsv } from './shopify-csv.js';

const FILE_CURRENCY = 'EUR';

/**
 * The demo catalogue as NDJSON for a shop of any currency: 24.90 EUR become as many minor units of it, 2490 JPY or 2.490
 * KWD, since its decimal digits may be others.
 */
export async function demoCatalogue(csv: AsyncIterable<Uint8Array>, currency: string): Promise<string> {
  const inCurrency = ({ amount }: Money): Money => ({ amount, currency });
  const lines: string[] = [];
  for await (const entry of readShopifyCsv(csv, { currency: FILE_CURRENCY })) {
    if (entry.kind === 'rejected') throw new Error(`the demo catalogue, line ${entry.line}: ${entry.message}`);
    const variants = entry.product.variants.map(({ price, compareAtPrice, ...variant }) => ({
      ...variant,
      price: inCurrency(price),
      compareAtPrice: compareAtPrice && inCurrency(compareAtPrice),
    }));
    lines.push(JSON.stringify({ ...entry.product, variants }));
  }
  return lines.join('\n');
}
