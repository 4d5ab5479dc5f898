import pg from 'pg';
import { testDatabase, until } from '#kernel/testing';
import { type Article, article, csv, ndjson } from './files.js';
import { client } from './http.js';
import { interleaved, type Line, median, memoryOf, number, quotient } from './measure.js';
import { type RunningShop, startShop } from './shop.js';

const PRODUCTS = 5_000;
const ROUNDS = 2;
const LARGE = 100_000_000;

/** Products from a file into the shop; beside bare pg that writes the same products and variants, a hundred products to a transaction. */
export async function imports(cleanup: AsyncDisposableStack): Promise<Line[]> {
  const { url, drop } = await testDatabase();
  cleanup.defer(drop);
  const shop = await startShop(url, cleanup);
  const ask = client(cleanup, 1);
  const database = new pg.Client(url);
  await database.connect();
  cleanup.defer(() => database.end());
  await database.query(tables);

  let round = 0;
  const newArticles = () => {
    round++;
    return Array.from({ length: PRODUCTS }, (_, n) => article(`ROUND-${round}-${n}`));
  };
  const imported = (type: Parameters<RunningShop['bring']>[0], file: typeof csv) => async (): Promise<number> => {
    const articles = newArticles();
    const began = performance.now();
    const created = await shop.bring(type, file(articles));
    const rate = (created * 1_000) / (performance.now() - began);
    if (created !== PRODUCTS) throw new Error(`${created} of ${PRODUCTS} products were new`);
    const last = `${shop.url}/api/v1/products/${articles.at(-1)!.handle}`;
    const isStocked = async () => !(await ask(last)).includes('"available":false');
    await until(isStocked, 'what an import sets going is done', 120); // it would slow down what is measured next
    return rate;
  };
  const figures = await interleaved(ROUNDS, {
    csvs: imported('text/csv', csv),
    ndjsons: imported('application/x-ndjson', ndjson),
    hand: async () => {
      const articles = newArticles();
      const began = performance.now();
      for (let at = 0; at < PRODUCTS; at += 100) await writeByHand(database, articles.slice(at, at + 100));
      return (PRODUCTS * 1_000) / (performance.now() - began);
    },
  });
  const line = (what: string, ours: readonly number[]): Line => ({
    what: `import of ${number(PRODUCTS)} products, 3 variants each, ${what}`,
    rate: `${number(median(ours))}/s`,
    yardstick: `${number(median(figures.hand))}/s`,
    ratio: number(quotient(ours, figures.hand), 3),
  });
  return [line('CSV', figures.csvs), line('NDJSON', figures.ndjsons)];
}

/** A CSV of 100 MB, sent as it is made: what the server's memory rises to. */
export async function largeImport(cleanup: AsyncDisposableStack): Promise<Line[]> {
  const { url, drop } = await testDatabase();
  cleanup.defer(drop);
  const shop = await startShop(url, cleanup);
  const server = shop.pids['server']!;
  const before = await memoryOf(server);
  const began = performance.now();
  const created = await shop.bring('text/csv', upTo(LARGE, csv(endlessArticles())));
  const seconds = (performance.now() - began) / 1_000;
  const { highest } = await memoryOf(server);
  return [
    {
      what: `import of ${number(created)} products, a CSV of ${number(LARGE / 1e6)} MB`,
      rate: `${number(created / seconds)}/s`,
    },
    {
      what: 'memory while it runs, at the highest; before it',
      rate: `${number(highest)} MB`,
      yardstick: `${number(before.now)} MB`,
      ratio: number(highest / before.now, 1),
    },
  ];
}

function* endlessArticles(): Generator<Article> {
  for (let n = 0; ; n++) yield article(`LARGE-${n}`, 100);
}

/** As many pieces as make so many bytes. */
function* upTo(bytes: number, pieces: Iterable<string>): Generator<string> {
  let written = 0;
  for (const piece of pieces) {
    if (written >= bytes) return;
    yield piece;
    written += piece.length;
  }
}

const tables = `
  create table product (handle text primary key, document json not null);
  create table variant (sku text primary key, handle text not null references product)`;

async function writeByHand(database: pg.Client, articles: readonly Article[]): Promise<void> {
  const variants = articles.flatMap(({ handle, skus }) => skus.map((sku) => ({ handle, sku })));
  await database.query('begin');
  await database.query({
    name: 'products',
    text: 'insert into product select * from unnest($1::text[], $2::json[])',
    values: [articles.map(({ handle }) => handle), [...ndjson(articles)]],
  });
  await database.query({
    name: 'variants',
    text: 'insert into variant select * from unnest($1::text[], $2::text[])',
    values: [variants.map(({ sku }) => sku), variants.map(({ handle }) => handle)],
  });
  await database.query('commit');
}
