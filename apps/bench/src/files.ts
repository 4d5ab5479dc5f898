/** A product in three sizes, as a file that is imported has it. */
export interface Article {
  readonly handle: string;
  readonly title: string;
  readonly description: string;
  /** Of S, M and L. */
  readonly skus: readonly string[];
}

const SIZES = ['S', 'M', 'L'];
const SENTENCE = 'What there is to say about it. ';

/** The article whose first SKU is `name`. */
export const article = (name: string, sentences = 10): Article => ({
  handle: name.toLowerCase(),
  title: `Title ${name}`,
  description: `<p>${SENTENCE.repeat(sentences)}</p>`,
  skus: [name, `${name}-M`, `${name}-L`],
});

const header =
  'Handle,Title,Body (HTML),Vendor,Published,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Qty,Variant Price\n';

/** A CSV as Shopify exports it, piece by piece. */
export function* csv(articles: Iterable<Article>): Generator<string> {
  yield header;
  for (const { handle, title, description, skus } of articles)
    yield skus
      .map((sku, row) => {
        const product = row === 0 ? `${title},${description},Bench,true,Size` : ',,,,';
        return `${handle},${product},${SIZES[row]},${sku},1000000,12.50\n`;
      })
      .join('');
}

export function* ndjson(articles: Iterable<Article>): Generator<string> {
  for (const { skus, ...product } of articles) {
    const variants = skus.map((sku, row) => ({
      sku,
      options: { Size: SIZES[row] },
      price: { amount: 1250, currency: 'EUR' },
      inventoryQuantity: 1_000_000,
    }));
    yield `${JSON.stringify({ ...product, vendor: 'Bench', variants })}\n`;
  }
}
