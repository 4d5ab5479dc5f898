import pg from 'pg';
import { testDatabase } from '#kernel/testing';
import { client, post } from './http.js';
import { cpuOf, cpuOfChildren, interleaved, type Line, median, number, perSecond, quotient } from './measure.js';
import { addOrders, addProducts, CATEGORY, COMMON, RARE, SECTION } from './rows.js';
import { administrator } from './server.js';
import { type RunningShop, SKUS, startShop } from './shop.js';

const PRODUCTS = [1_000, 100_000, 1_000_000];
const ORDERS = [10, 1_000_000];
const ROUNDS = 3;

/** Milliseconds: CPU of the server and the database for one, and the median until the answer. */
type Figure = Record<'cpu' | 'latency', number>;
type Measure = (
  shop: RunningShop,
  clients: number,
  seconds: number,
  work: () => Promise<unknown>,
) => () => Promise<Figure>;
/** What is measured of a shop, by its name in the table. */
type Kinds = Record<string, () => Promise<Figure>>;

/** What the same request costs as the shop grows. Shops of all sizes, each a process with a database, take turns. */
export async function growth(cleanup: AsyncDisposableStack, postmaster: number): Promise<Line[]> {
  const measure: Measure = (shop, clients, seconds, work) => async () => {
    const used = async () => (await cpuOf(shop.pids['server']!)) + (await cpuOfChildren(postmaster));
    const latencies: number[] = [];
    const before = await used();
    await perSecond(clients, seconds, async () => {
      const began = performance.now();
      await work();
      latencies.push(performance.now() - began);
    });
    return { cpu: ((await used()) - before) / latencies.length, latency: median(latencies) };
  };
  const lines: Line[] = [];
  for (const [unit, sizes, kindsOf] of [
    ['products', PRODUCTS, readsAmong],
    ['orders', ORDERS, checkoutsAmong],
  ] as const) {
    const shops = cleanup.use(new AsyncDisposableStack());
    lines.push(...(await compared(unit, sizes, (size) => kindsOf(size, measure, shops))));
    await shops.disposeAsync();
  }
  return lines;
}

async function readsAmong(products: number, measure: Measure, cleanup: AsyncDisposableStack): Promise<Kinds> {
  const { shop, url } = await emptyShop(cleanup);
  await addProducts(url, products - SKUS);
  const ids = await someIds(url);
  const ask = client(cleanup, 4);
  const read = (path: () => string) => measure(shop, 4, 1, () => ask(`${shop.url}/api/v1/${path()}`));
  const page = (query: string) => read(() => `products?limit=20&${query}`);
  const middle = await cursorAfter(ask, `${shop.url}/api/v1/products`, ids.toSorted()[ids.length >> 1]!);
  return {
    'GET one product': read(() => `products/${ids[Math.floor(Math.random() * ids.length)]}`),
    'GET 20 products': page(''),
    'GET 20 products, from the middle': page(`cursor=${middle}`),
    'GET 20 of a category': page(`category=${encodeURIComponent(CATEGORY)}`),
    'GET 20 of a category with ten below it': page(`category=${encodeURIComponent(SECTION)}`),
    'GET categories': read(() => 'categories'),
    'search, a word of 10 products': page(`query=${RARE}`),
    'search, a word of every second': page(`query=${COMMON}`),
  };
}

/** The cursor of the page that ended with the product `id`: what was asked, then the id. */
async function cursorAfter(ask: ReturnType<typeof client>, url: string, id: string): Promise<string> {
  const { nextCursor } = JSON.parse(await ask(`${url}?limit=1`)) as { nextCursor: string };
  const asked = Buffer.from(nextCursor, 'base64url').subarray(0, 8);
  return Buffer.concat([asked, Buffer.from(id.replaceAll('-', ''), 'hex')]).toString('base64url');
}

async function checkoutsAmong(orders: number, measure: Measure, cleanup: AsyncDisposableStack): Promise<Kinds> {
  const { shop, url } = await emptyShop(cleanup);
  for (let n = 0; n < 10; n++) await shop.buy();
  if (orders > 10) await addOrders(url, orders - 10);
  const ask = client(cleanup, 4, await asAdmin(shop));
  const list = (query: string) => measure(shop, 4, 1, () => ask(`${shop.url}/api/v1/orders?limit=10&${query}`));
  return {
    'checkout, 1 client': measure(shop, 1, 4, shop.buy),
    'checkout, 8 clients': measure(shop, 8, 4, shop.buy),
    'GET 10 orders': list(''),
    'GET 10 confirmed orders': list('status=confirmed'),
  };
}

async function asAdmin({ url }: RunningShop): Promise<Record<string, string>> {
  const logIn = JSON.stringify(administrator);
  const answer = await post(`${url}/api/v1/auth/login`, { 'content-type': 'application/json' }, [logIn]);
  return { authorization: `Bearer ${(JSON.parse(answer) as { accessToken: string }).accessToken}` };
}

async function emptyShop(cleanup: AsyncDisposableStack): Promise<{ shop: RunningShop; url: string }> {
  const { url, drop } = await testDatabase();
  cleanup.defer(drop);
  return { shop: await startShop(url, cleanup), url };
}

async function someIds(url: string): Promise<string[]> {
  const database = new pg.Client(url);
  await database.connect();
  try {
    const { rows } = await database.query<{ id: string }>(
      'select id from catalog.product order by random() limit 2000',
    );
    return rows.map(({ id }) => id);
  } finally {
    await database.end();
  }
}

/** Each kind at each size but the smallest, which is the yardstick. */
async function compared(
  unit: string,
  sizes: readonly number[],
  kindsOf: (size: number) => Promise<Kinds>,
): Promise<Line[]> {
  const all: Kinds = {};
  const names = new Set<string>();
  for (const size of sizes) {
    process.stderr.write(`  ${number(size)} ${unit} …\n`);
    for (const [name, figure] of Object.entries(await kindsOf(size))) {
      names.add(name);
      all[`${name} ${size}`] = figure;
    }
  }
  const figures = await interleaved(ROUNDS, all);
  const [smallest, ...larger] = sizes;
  return [...names].flatMap((name) =>
    larger.map((size): Line => {
      const of = (at: number, what: keyof Figure) => figures[`${name} ${at}`]!.map((figure) => figure[what]);
      const both = (at: number) => `${number(median(of(at, 'cpu')), 2)}, ${number(median(of(at, 'latency')), 2)} ms`;
      const ratio = (what: keyof Figure) => number(quotient(of(size, what), of(smallest!, what)), 2);
      return {
        what: `${name} among ${number(size)} ${unit}: CPU, median`,
        rate: both(size),
        yardstick: `${both(smallest!)} among ${number(smallest!)}`,
        ratio: `${ratio('cpu')}, ${ratio('latency')}`,
      };
    }),
  );
}
