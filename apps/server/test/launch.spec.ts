/** @tag fault-injection */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { isAlive, type ProcessEntry } from '#kernel/local';
import { TestRedis } from '#kernel/redis/testing';
import { until } from '#kernel/testing';
import { Launched, topologyOfThree } from './launched.js';
import { administrator } from './running-server.js';

const split = join(import.meta.dirname, '../../../topologies/split-redis.yaml');

let launched: Launched | undefined;
afterEach(async () => {
  await launched?.remove();
  launched = undefined;
});

const prepare = async (text = topologyOfThree) => (launched = await Launched.prepare(text));
const labels = (processes: readonly ProcessEntry[]) =>
  processes.map(({ name, replica }) => `${name} ${replica}`).toSorted();
const ask = ({ ports }: ProcessEntry, path: string) => fetch(`http://127.0.0.1:${ports['http']}${path}`);
const answers = async (one: ProcessEntry, path: string) => (await ask(one, path)).status;
const allGone = async (processes: readonly ProcessEntry[]) =>
  !(await Promise.all(processes.map(({ pid }) => isAlive(pid)))).includes(true);

(TestRedis.isMissing ? describe.skip : describe)('a topology on a laptop', () => {
  it('runs every process, brings back the one that dies, and leaves nothing when it is told to stop', async () => {
    const shop = await prepare();
    await shop.launch('--replicas', 'checkout=2');
    const processes = await shop.processes();
    expect(labels(processes)).toEqual([
      'checkout 1',
      'checkout 2',
      'gateway 1',
      'launcher 1',
      'postgres 1',
      'redis 1',
      'storefront 1',
      'test-provider 1',
    ]);
    const servers = processes.filter(({ name }) => ['gateway', 'storefront', 'checkout'].includes(name));
    for (const one of servers) {
      const own = [
        await answers(one, '/health/ready'),
        await answers(one, '/metrics'),
        await answers(one, '/api/docs'),
      ];
      expect([one.name, ...own]).toEqual([one.name, 200, 200, one.name === 'gateway' ? 200 : 404]);
    }
    expect((await shop.process('gateway')).ports).toEqual({ http: shop.port });
    const { info } = (await (await ask(await shop.process('checkout'), '/health/ready')).json()) as { info: object };
    expect(Object.keys(info)).toEqual(['startup', 'ordering', 'payments', 'redis']);

    // One log: whole lines, each with its process.
    const lines = shop.output.split('\n').slice(0, -1);
    expect(lines.filter((line) => !/^(launcher|gateway-1|storefront-1|checkout-[12]) +\| /.test(line))).toEqual([]);
    expect(shop.output).toMatch(/^gateway-1 +\| Cleave is ready\.$/m);

    const victim = await shop.process('checkout', 2);
    process.kill(victim.pid, 'SIGKILL');
    await until(
      async () => {
        const heir = await shop.process('checkout', 2);
        return heir !== undefined && heir.pid !== victim.pid && (await answers(heir, '/health/ready')) === 200;
      },
      'it is back',
      30,
    );
    expect((await shop.process('checkout', 2)).ports).toEqual(victim.ports);
    expect(shop.output).toMatch(/^launcher +\| checkout-2 ended by SIGKILL: it starts again in 0\.2 s\.$/m);

    const all = await shop.processes();
    expect(await shop.end('SIGINT')).toBe(0);
    expect(await allGone(all)).toBe(true);
    expect(await shop.processes()).toEqual([]);
    const stops = [...shop.output.matchAll(/^(\S+) +\| SIGINT: finishing/gm)].map(([, name]) => name);
    expect(stops[0]).toBe('gateway-1');
    expect(new Set(stops)).toEqual(new Set(['checkout-1', 'checkout-2', 'gateway-1', 'storefront-1']));
  }, 120_000);

  it('ends with its launcher, however that ends, and the next start goes on with what it stood on', async () => {
    const shop = await prepare();
    await shop.launch();
    const before = await shop.processes();
    await shop.end('SIGKILL');
    const stays = ['postgres', 'redis', 'test-provider'];
    const children = before.filter(({ name }) => !stays.includes(name));
    await until(() => allGone(children), 'nobody is left', 40);
    await shop.launch();
    const after = await shop.processes();
    expect(labels(after)).toEqual(labels(before));
    for (const name of stays)
      expect(after.find((one) => one.name === name)!.pid).toBe(before.find((one) => one.name === name)!.pid);
    expect(await shop.end('SIGTERM')).toBe(0);
    expect(await allGone([...before, ...after])).toBe(true);
  }, 120_000);

  it('starts again what it stands on, on its data, when that dies, and the shop goes on', async () => {
    const shop = await prepare();
    await shop.launch();
    const login = async () =>
      (
        await fetch(`http://127.0.0.1:${shop.port}/api/v1/auth/login`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(administrator),
        })
      ).status;
    expect(await login()).toBe(200);
    const before = (await shop.processes()).filter(({ service }) => service);
    expect(labels(before)).toEqual(['postgres 1', 'redis 1', 'test-provider 1']);
    for (const { pid } of before) process.kill(pid, 'SIGKILL');
    const after = async () => (await shop.processes()).filter(({ service }) => service);
    const heirs = async () => (await after()).filter(({ pid }) => !before.some((one) => one.pid === pid));
    await until(async () => (await heirs()).length === 3, 'all three are back', 40);
    for (const { name, ports } of await heirs())
      expect([name, ports]).toEqual([name, before.find((one) => one.name === name)!.ports]);
    await until(async () => (await login()) === 200, 'the shop knows its administrator still', 40);
    const redis = before.find(({ name }) => name === 'redis')!;
    expect(shop.output).toContain(`redis (pid ${redis.pid}) has died: it starts again on its data`);
    const all = await shop.processes();
    expect(await shop.end('SIGINT')).toBe(0);
    expect(await allGone(all)).toBe(true);
  }, 120_000);

  it('is one process, and its launcher, where the file has one', async () => {
    const shop = await prepare(
      'processes:\n  shop: { http: true, contexts: [identity, catalog, inventory, cart, ordering, payments] }\n',
    );
    await shop.launch();
    expect(labels(await shop.processes())).toEqual(['launcher 1', 'postgres 1', 'shop 1', 'test-provider 1']);
    expect(await answers(await shop.process('shop'), '/health/ready')).toBe(200);
    const before = await shop.processes();
    const own = join(shop.dataDir, 'topology.yaml');
    expect(await shop.cleave('topology', 'switch', split, own)).toContain(
      `What runs here is topology.yaml, not ${split}.`,
    );
    expect(await shop.cleave('topology', 'switch', own, own)).toContain('is what runs here already');
    expect(await shop.cleave('topology', 'switch', own, split, '--replicas', 'desk=2')).toContain(
      'has no such process',
    );
    expect(await shop.cleave('topology', 'switch', own, split, '--finish')).toContain(`not ${split}.`);
    expect(await shop.processes()).toEqual(before);
    expect(await shop.end('SIGTERM')).toBe(0);
    expect(await shop.cleave('topology', 'switch', own, split)).toContain('No launcher runs on');
  }, 60_000);

  it('does not start in another currency than its goods are in, and says what to do', async () => {
    const shop = await prepare();
    await shop.launch();
    const url = `http://127.0.0.1:${shop.port}/api/v1`;
    const json = { 'content-type': 'application/json' };
    const login = await fetch(`${url}/auth/login`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify(administrator),
    });
    const { accessToken } = (await login.json()) as { accessToken: string };
    const mug = { title: 'Mug', variants: [{ sku: 'MUG', price: { amount: 950, currency: 'EUR' } }] };
    const headers = { ...json, authorization: `Bearer ${accessToken}` };
    const made = await fetch(`${url}/products`, { method: 'POST', headers, body: JSON.stringify(mug) });
    expect(made.status).toBe(201);
    expect(await shop.end('SIGINT')).toBe(0);

    const settings = join(shop.dataDir, '.env');
    await writeFile(settings, 'CLEAVE_CURRENCY=USD\n');
    await shop.launch();
    expect(shop.output).toContain('CLEAVE_CURRENCY=USD: the goods of this shop are in EUR. Set CLEAVE_CURRENCY=EUR');
    expect(shop.output).toContain('storefront-1 ended with code 1 instead of starting.');
    expect(shop.output).not.toMatch(/^\S+ +\| +at /m);
    expect(await shop.end('SIGTERM')).toBe(1);

    await rm(settings);
    await shop.launch();
    expect((await fetch(`${url}/products/mug`, { headers })).status).toBe(200);
    expect(await shop.end('SIGINT')).toBe(0);
  }, 180_000);
});
