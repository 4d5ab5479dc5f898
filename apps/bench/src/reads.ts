import { testDatabase } from '#kernel/testing';
import { client } from './http.js';
import { cpuOf, interleaved, type Line, median, number, perSecond, quotient, verdict } from './measure.js';
import { startRaw } from './raw.js';
import { startShop } from './shop.js';

const CLIENTS = 16;
const ROUNDS = 5;
const SECONDS = 2;

/** Reads of products through the whole server, its request log on, beside bare Fastify and pg on the same rows. */
export async function reads(cleanup: AsyncDisposableStack): Promise<Line[]> {
  const database = await testDatabase();
  cleanup.defer(database.drop);
  const shop = await startShop(database.url, cleanup, { LOG_LEVEL: 'info', RATE_LIMIT: 'on' });
  const raw = await startRaw(database.url, cleanup);
  const ask = client(cleanup, CLIENTS);
  const { items } = JSON.parse(await ask(`${shop.url}/api/v1/products?limit=100`)) as {
    items: { id: string }[];
  };
  const anyId = () => items[Math.floor(Math.random() * items.length)]!.id;

  const round = (pid: number, url: () => string) => async () => {
    let count = 0;
    const before = await cpuOf(pid);
    const rate = await perSecond(CLIENTS, SECONDS, async () => {
      await ask(url());
      count++;
    });
    return { rate, cpu: ((await cpuOf(pid)) - before) / count };
  };
  const server = shop.pids['server']!;
  const figures = await interleaved(ROUNDS, {
    one: round(server, () => `${shop.url}/api/v1/products/${anyId()}`),
    rawOne: round(raw.pid, () => `${raw.url}/products/${anyId()}`),
    page: round(server, () => `${shop.url}/api/v1/products?limit=20`),
    rawPage: round(raw.pid, () => `${raw.url}/products`),
  });
  const line = (what: string, ours: { cpu: number }[], theirs: { cpu: number }[], aim: number): Line => {
    const cpu = (all: { cpu: number }[]) => all.map((figure) => figure.cpu);
    const ratio = quotient(cpu(theirs), cpu(ours));
    return {
      what,
      rate: `${number(median(cpu(ours)), 3)} ms`,
      yardstick: `${number(median(cpu(theirs)), 3)} ms`,
      ratio: number(ratio, 2),
      aim: verdict(`≥ ${aim}`, ratio >= aim),
    };
  };
  return [
    line('GET one product, server CPU', figures.one, figures.rawOne, 0.75),
    line('GET 20 products, server CPU', figures.page, figures.rawPage, 0.7),
  ];
}
