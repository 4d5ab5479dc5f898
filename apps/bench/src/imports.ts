import { once } from 'node:events';
import pg from 'pg';
import { freePort } from '#kernel/local';
import { testDatabase, until } from '#kernel/testing';
import { type Article, article, csv, ndjson } from './files.js';
import { interleaved, type Line, median, memoryOf, number, quotient } from './measure.js';
import { type RunningShop, startShop } from './shop.js';

const PRODUCTS = 5_000;
const ROUNDS = 2;
const SMALL = 10_000_000;
const LARGE = 100_000_000;

type FileType = Parameters<RunningShop['bring']>[0];
/** Products a second until the import answers, and until the last of its SKUs can be bought. */
type Rates = Record<'answered' | 'stocked', number>;

/** Products from a file into the shop; beside bare pg that writes the same products and variants, a hundred products to a transaction. */
export async function imports(cleanup: AsyncDisposableStack): Promise<Line[]> {
  const { url, drop } = await testDatabase();
  cleanup.defer(drop);
  const shop = await startShop(url, cleanup);
  const database = new pg.Client(url);
  await database.connect();
  cleanup.defer(() => database.end());
  await database.query(tables);

  let round = 0;
  const newArticles = () => {
    round++;
    return Array.from({ length: PRODUCTS }, (_, n) => article(`ROUND-${round}-${n}`));
  };
  const imported = (type: FileType, file: typeof csv) => async (): Promise<Rates> => {
    const articles = newArticles();
    const began = performance.now();
    const perSecond = () => (PRODUCTS * 1_000) / (performance.now() - began);
    const created = await shop.bring(type, file(articles));
    const answered = perSecond();
    if (created !== PRODUCTS) throw new Error(`${created} of ${PRODUCTS} products were new`);
    const hidden = `select 1 from catalog.variant where sku like 'ROUND-${round}-%' and not available limit 1`;
    await until(async () => (await database.query(hidden)).rowCount === 0, 'all can be bought', 120);
    return { answered, stocked: perSecond() };
  };
  const figures = await interleaved(ROUNDS, {
    csvs: imported('text/csv', csv),
    ndjsons: imported('application/x-ndjson', ndjson),
    hand: async () => {
      const articles = newArticles();
      const began = performance.now();
      for (let at = 0; at < PRODUCTS; at += 100) await writeByHand(database, articles.slice(at, at + 100));
      const rate = (PRODUCTS * 1_000) / (performance.now() - began);
      return { answered: rate, stocked: rate };
    },
  });
  const line = (what: string, until: keyof Rates, all: readonly Rates[]): Line => {
    const [ours, theirs] = [all, figures.hand].map((rates) => rates.map((rate) => rate[until])) as [number[], number[]];
    return {
      what: `import of ${number(PRODUCTS)} products, 3 variants each, ${what}`,
      rate: `${number(median(ours))}/s`,
      yardstick: `${number(median(theirs))}/s`,
      ratio: number(quotient(ours, theirs), 3),
    };
  };
  return (['CSV', 'NDJSON'] as const).flatMap((kind) => {
    const rates = kind === 'CSV' ? figures.csvs : figures.ndjsons;
    return [line(kind, 'answered', rates), line(`${kind}, until all can be bought`, 'stocked', rates)];
  });
}

/**
 * Files of 10 and of 100 MB, sent as they are made: what the server's memory rises to, and what of it lives, that is what
 * a full garbage collection leaves, at a tenth, the half and the end of each.
 */
export async function largeImport(cleanup: AsyncDisposableStack): Promise<Line[]> {
  const lines: Line[] = [];
  for (const [type, kind, file] of [
    ['text/csv', 'a CSV', csv],
    ['application/x-ndjson', 'an NDJSON', ndjson],
  ] as const) {
    const own = cleanup.use(new AsyncDisposableStack());
    const { url, drop } = await testDatabase();
    own.defer(drop);
    const port = await freePort();
    const shop = await startShop(url, own, { NODE_OPTIONS: `--inspect=127.0.0.1:${port}` });
    const [small, large] = [await measured(SMALL), await measured(LARGE)];
    lines.push(
      { what: `import of ${kind} of ${number(LARGE / 1e6)} MB`, rate: `${number(large.rate)}/s` },
      compared('memory at the highest until 10, 50 and 100 %', large.highest, small.highest),
      compared('what lives at 10, 50 and 100 %', large.living, small.living),
    );
    await own.disposeAsync();

    async function measured(bytes: number): Promise<{ rate: number; highest: number[]; living: number[] }> {
      const living: Promise<number>[] = [];
      const highest: Promise<number>[] = [];
      const told = [0.1, 0.5, 0.98];
      const look = (written: number) => {
        if (written < bytes * (told[0] ?? 2)) return;
        told.shift();
        highest.push(memoryOf(shop.pids['server']!).then((memory) => memory.highest));
        living.push(livingIn(port));
      };
      const began = performance.now();
      const created = await shop.bring(type, upTo(bytes, file(endlessArticles(bytes)), look));
      const rate = (created * 1_000) / (performance.now() - began);
      return { rate, highest: await Promise.all(highest), living: await Promise.all(living) };
    }
  }
  return lines;
}

const compared = (what: string, large: readonly number[], small: readonly number[]): Line => ({
  what: `${what}, of ${number(LARGE / 1e6)} MB and of ${number(SMALL / 1e6)} MB`,
  rate: `${large.map((megabytes) => number(megabytes)).join(', ')} MB`,
  yardstick: `${small.map((megabytes) => number(megabytes)).join(', ')} MB`,
  ratio: number(Math.max(...large) / Math.max(...small), 2),
});

/** Megabytes of objects and buffers that a full garbage collection leaves in a process, by its inspector. */
async function livingIn(port: number): Promise<number> {
  const [{ webSocketDebuggerUrl }] = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as [
    { webSocketDebuggerUrl: string },
  ];
  const socket = new WebSocket(webSocketDebuggerUrl);
  await once(socket, 'open');
  const ask = async (method: string, params: object = {}): Promise<unknown> => {
    socket.send(JSON.stringify({ id: 1, method, params }));
    const [{ data }] = (await once(socket, 'message')) as [{ data: string }];
    return (JSON.parse(data) as { result: unknown }).result;
  };
  await ask('HeapProfiler.collectGarbage');
  const expression = '(({ heapUsed, external }) => heapUsed + external)(process.memoryUsage())';
  const { result } = (await ask('Runtime.evaluate', { expression })) as { result: { value: number } };
  socket.close();
  return result.value / 1e6;
}

function* endlessArticles(of: number): Generator<Article> {
  for (let n = 0; ; n++) yield article(`LARGE-${of}-${n}`, 100);
}

/** As many pieces as make so many bytes. */
function* upTo(bytes: number, pieces: Iterable<string>, look: (written: number) => void): Generator<string> {
  let written = 0;
  for (const piece of pieces) {
    if (written >= bytes) return;
    yield piece;
    written += piece.length;
    look(written);
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
