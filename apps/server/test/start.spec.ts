/** @tag fault-injection */
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { testDatabase, until } from '#kernel/testing';
import { RunningServer } from './running-server.js';
import { Shop } from './shop.js';

const main = join(import.meta.dirname, '../../../dist/apps/server/src/main.js');

describe('a server on a laptop', () => {
  it('starts everything it needs, keeps its data, and takes over what a kill -9 left behind', async () => {
    const server = await RunningServer.start();
    const neighbour = await RunningServer.start({ env: { CLEAVE_DEMO: 'off', HOST: '0.0.0.0' } });
    try {
      // The demo catalogue comes by itself, once.
      const products = () => request(server.url).get('/api/v1/products?limit=100');
      await until(async () => (await products()).body.items.length >= 50, 'the demo catalogue', 30);
      await until(() => server.output.includes('Cleave is ready.'), 'it says that it is ready');
      for (const said of [
        `http://localhost:${server.port}/api/docs`,
        'admin@cleave.test / cleave-admin-1',
        'customer@cleave.test / cleave-customer-1',
        'importing the demo catalogue',
      ]) {
        expect(server.output).toContain(said);
      }
      const before = (await products()).body;
      const processes = await server.processes();
      expect(processes.map(({ name, replica }) => `${name} ${replica}`).toSorted()).toEqual([
        'postgres 1',
        'server 1',
        'test-provider 1',
      ]);
      for (const { pid } of processes) expect(process.kill(pid, 0)).toBe(true);
      expect(processes.find(({ name }) => name === 'server')!.ports).toEqual({ http: server.port });

      // Other machines do not reach it unless HOST says so. 127.0.0.2 stands in for them: another address of this machine,
      // which a Mac lacks.
      const elsewhere = (port: number) =>
        fetch(`http://127.0.0.2:${port}/health/live`).then(
          ({ status }) => status,
          () => 'not reached',
        );
      expect(await elsewhere(server.port)).toBe('not reached');
      expect(await elsewhere(neighbour.port)).toBe(process.platform === 'darwin' ? 'not reached' : 200);

      // A neighbour on another port and data directory has its own shop.
      expect((await request(neighbour.url).get('/api/v1/products')).body.items).toEqual([]);

      await server.kill();
      await server.launch();
      expect((await products()).body).toEqual(before);
      const after = await server.processes();
      for (const name of ['postgres', 'test-provider'])
        expect(after.find((one) => one.name === name)).toEqual(processes.find((one) => one.name === name));

      await server.restart();
      expect((await products()).body).toEqual(before);

      // What was compiled is there for the next start, once: a file that is not taken would be made anew.
      const compiled = globSync(join(dirname(main), '*.v8')).map((file) => basename(file).replace(/\..*/, ''));
      expect(compiled.filter((name) => name !== 'part').toSorted()).toEqual(['serve', 'start']); // a split shop's is `part`
    } finally {
      await Promise.all([server.stop(), neighbour.stop()]);
    }
    // Nothing stays behind.
    for (const port of [server.port, neighbour.port])
      await expect(fetch(`http://127.0.0.1:${port}/health/live`)).rejects.toThrow('fetch failed');
  }, 120_000);

  it('finishes what was begun when it is told to stop', async () => {
    const server = await RunningServer.start({ env: { CLEAVE_DEMO: 'off' } });
    const shop = new Shop(server);
    await shop.sell('DRAIN-1', 1);
    const { order, cart } = await shop.buy({ 'DRAIN-1': 1 }, 'tok_late_webhook', 0);
    const waiting = fetch(`${server.url}/api/v1/orders/${order.id}?wait=2`, {
      headers: { 'x-cart-token': cart.token },
    });
    await shop.http.get('/health/live').expect(200); // the request before it is under way by now
    const stopped = server.stop();
    const answer = await waiting;
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ id: order.id });
    expect(await stopped).toBe(0);
  }, 60_000);

  it('is told to stop where npm is, whose shell does not tell', async () => {
    const script = join(import.meta.dirname, '../../../scripts/end-with-parent.mjs');
    const program = `import ${JSON.stringify(script)};
      setTimeout(() => {}, 20_000);
      process.on('SIGTERM', () => { console.log('told'); process.exit(); });
      console.log('up');`;
    const shell = spawn('sh', ['-c', '"$0" --input-type=module -e "$1"; :', process.execPath, program]);
    let said = '';
    shell.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await until(() => said === 'up\n', 'the program is up');
    shell.kill('SIGTERM');
    await until(() => said === 'up\ntold\n', 'it is told to stop');
  });
});

describe('two servers on one database', () => {
  it('are one shop: every checkout is handled once, whichever took it', async () => {
    const database = await testDatabase();
    const env = { DATABASE_URL: database.url };
    const first = await RunningServer.start({ env });
    const provider = (await first.processes()).find(({ name }) => name === 'test-provider')!;
    const second = await RunningServer.start({
      env: {
        ...env,
        TEST_PROVIDER_URL: `http://127.0.0.1:${provider.ports['http']}`,
        TEST_PROVIDER_SECRET: first.providerSecret,
      },
    });
    try {
      const shops = [new Shop(first), new Shop(second)];
      await shops[0]!.sell('SHARED-1', 30);
      const bought = await Promise.all(
        Array.from({ length: 40 }, (_, index) => shops[index % 2]!.buy({ 'SHARED-1': 1 }, 'tok_ok', 30)),
      );
      const statuses = bought.map(({ order }) => order.status).toSorted();
      expect(statuses).toEqual([
        ...Array.from({ length: 30 }, () => 'confirmed'),
        ...Array.from({ length: 10 }, () => 'rejected'),
      ]);
      expect(await shops[1]!.stock('SHARED-1')).toMatchObject({ onHand: 0, reserved: 0 });
      // One goes, the other carries on.
      await second.stop();
      await shops[0]!.sell('SHARED-2', 1);
      expect((await shops[0]!.buy({ 'SHARED-2': 1 }, 'tok_ok', 30)).order.status).toBe('confirmed');
    } finally {
      await Promise.all([first.stop(), second.stop()]);
      await database.drop();
    }
  }, 120_000);
});
