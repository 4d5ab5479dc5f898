import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { freePort } from '#kernel/local';
import { testDatabase, until } from '#kernel/testing';
import { administrator, RunningServer } from '../../server/test/running-server.js';
import { Shop } from '../../server/test/shop.js';

const main = join(import.meta.dirname, '../../../dist/apps/cli/src/main.js');

const operator = { CLEAVE_EMAIL: administrator.email, CLEAVE_PASSWORD: administrator.password };

describe('the command line of an operator', () => {
  let database: Awaited<ReturnType<typeof testDatabase>>;
  let shop: Shop;

  /** Runs `cleave` beside the server's data directory. */
  const cleave = (
    words: string,
    env: Readonly<Record<string, string>> = {},
  ): Promise<{ code: number; stdout: string; stderr: string }> =>
    new Promise((resolve) => {
      const { dataDir } = shop.server;
      execFile(
        process.execPath,
        [main, ...words.split(' ')],
        { cwd: dataDir, env: { PATH: process.env['PATH'], CLEAVE_DATA_DIR: dataDir, ...operator, ...env } },
        (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
      );
    });
  const query = async (statement: string): Promise<void> => {
    const client = new pg.Client(database.url);
    await client.connect();
    try {
      await client.query(statement);
    } finally {
      await client.end();
    }
  };
  const setStock = async (sku: string, onHand: number) =>
    shop.http
      .put(`/api/v1/stock/${sku}`)
      .set(await shop.admin())
      .send({ onHand })
      .expect(200);
  /** Waits until so many letters are dead, by the API. */
  const dead = (count: number): Promise<{ id: string; key: string; waiting: number }[]> =>
    until(async () => {
      const { body } = await shop.http.get('/api/v1/admin/dead-letters').set(await shop.admin());
      return body.items.length === count && body.items;
    }, `${count} dead letters`);

  beforeAll(async () => {
    database = await testDatabase();
    const env = { DATABASE_URL: database.url, CLEAVE_MAX_ATTEMPTS: '2' };
    shop = new Shop(await RunningServer.start({ env }));
  }, 60_000);
  afterAll(async () => {
    await shop?.server.stop();
    await database.drop();
  });

  it('lists dead letters, redrives one and discards another', async () => {
    expect(await cleave('dead-letters list')).toEqual({ code: 0, stdout: 'No dead letters.\n', stderr: '' });
    for (const sku of ['LOST-1', 'LOST-2']) await shop.sell(sku, 0);
    await query(`alter table catalog.variant add constraint mistake check (not available) not valid`);
    for (const sku of ['LOST-1', 'LOST-2']) await setStock(sku, 5);
    await dead(2); // told together, only the last word would count
    await setStock('LOST-2', 0);
    const [one, other] = await until(async () => {
      const letters = await dead(2);
      return letters[1]!.waiting === 1 && letters;
    });
    const [heading, first, second, ...rest] = (await cleave('dead-letters list')).stdout.split('\n');
    expect(heading).toMatch(/^ID +MESSAGE +KEY +PARKED +NEXT +ATTEMPTS +WAITING +ERROR$/);
    expect(first).toMatch(
      /^catalog\.availability:[0-9a-f-]{36} +inventory\.availability-changed\.v1 +LOST-1 +2\S+Z +dead +2 +0 +internal: 23514 check_violation: constraint mistake of /,
    );
    expect(second).toMatch(/LOST-2 +2\S+Z +dead +2 +1 /);
    expect(rest).toEqual(['']);
    expect((await cleave('dead-letters list --context cart')).stdout).toBe('No dead letters.\n');
    expect((await cleave('dead-letters list --limit 1')).stdout).toMatch(/There are more than these 1\.\n$/);
    expect(JSON.parse((await cleave('dead-letters list --json')).stdout)).toMatchObject({
      items: [{ key: 'LOST-1' }, { key: 'LOST-2' }],
    });

    await query(`alter table catalog.variant drop constraint mistake`);
    expect(await cleave(`dead-letters redrive ${one!.id}`)).toEqual({
      code: 0,
      stdout: `Being tried again: ${one!.id}\n`,
      stderr: '',
    });
    const discard = `dead-letters discard ${other!.id}`;
    expect(await cleave(discard)).toEqual({ code: 0, stdout: `Discarded: ${other!.id}\n`, stderr: '' });
    await until(
      async () => (await shop.http.get('/api/v1/products/lost-1').expect(200)).body.variants[0].available === true,
    );
    await dead(0);
    expect(await cleave(discard)).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /^There is no dead letter with this id\. \(404 operations\.dead_letter_not_found, /,
      ),
    });
  }, 120_000);

  it('draws a flow as a tree', async () => {
    await shop.sell('TREE-1', 5);
    await query(
      `alter table inventory.stock_item add constraint mistake check (sku <> 'TREE-1' or reserved = 0) not valid`,
    );
    const cart = await shop.cartWith({ 'TREE-1': 1 });
    const { body, headers } = await shop.checkout(cart, 'tok_ok').expect(202);
    const flow = `flow ${headers['x-request-id']}`;
    const [letter] = await dead(1);
    await until(
      async () =>
        (await shop.http.get(`/api/v1/carts/${cart.id}`).set('x-cart-token', cart.token)).body.status === 'checked_out',
    );
    const { stdout } = await cleave(flow);
    expect(stdout).toMatch(/^Flow [0-9a-f]{32}: 3 messages\n/);
    expect(stdout).toMatch(/^\S+Z {2}ordering\.order-placed\.v1 +event +→ cart\.orders$/m);
    expect(stdout).toMatch(
      /^\S+Z {2}inventory\.reserve-stock\.v1 +command +→ inventory DEAD after 2 attempts, inventory:[0-9a-f-]{36}: 23514 check_violation: constraint mistake of inventory\.stock_item$/m,
    );
    expect(stdout).toMatch(/^\S+Z {2}ordering\.expire-order\.v1 +command +waits for its time, then → ordering$/m);

    await query(`alter table inventory.stock_item drop constraint mistake`);
    await cleave(`dead-letters redrive ${letter!.id}`);
    await shop.order(body.orderId, cart, 20);
    const drawn = await cleave(flow);
    expect(drawn.stdout).toMatch(/^\S+Z {2}├─ inventory\.stock-reserved\.v1 +event /m);
    expect(drawn.stdout).toMatch(/^\S+Z {2}│ {2}└─ payments\.authorize-payment\.v1 +command /m);
    // Told by a webhook.
    expect(drawn.stdout).toMatch(/^\S+Z {2}│ {5}└─ payments\.payment-authorized\.v1 +event /m);
    expect(JSON.parse((await cleave(`${flow} --json`)).stdout)).toMatchObject({
      correlationId: headers['x-request-id'],
    });
  }, 120_000);

  it('says what is wrong', async () => {
    const port = await freePort();
    const stranger = createServer((_, response) => response.end('<html>')).listen(port, '127.0.0.1');
    await query(
      `insert into identity.account (id, email, name, password_hash, roles)
       select gen_random_uuid(), 'customer@example.com', 'Ada', password_hash, '{customer}' from identity.account limit 1`,
    );
    const customer = { CLEAVE_EMAIL: 'customer@example.com', CLEAVE_PASSWORD: administrator.password };
    const cases: [words: string, env: Record<string, string>, said: RegExp][] = [
      ['flow nothing', {}, /^No message has this correlation id.*\(404 operations\.flow_not_found/],
      ['dead-letters redrive nothing', {}, /^There is no dead letter with this id/],
      ['dead-letters list --context nothing', {}, /^There is no context of this name/],
      ['dead-letters list --limit 0', {}, /422 kernel\.invalid_input[^]*\n {2}\/query\/limit: /],
      ['dead-letters list', { CLEAVE_TOKEN: 'wrong' }, /401 kernel\.unauthenticated/],
      ['dead-letters list --token wrong', {}, /401 kernel\.unauthenticated/],
      ['dead-letters list --email a@b.de --password x', {}, /401 identity\.credentials_wrong/],
      ['dead-letters list', customer, /needs the permission "operations"\. \(403 kernel\.forbidden/],
      [
        'dead-letters list',
        { NODE_ENV: 'production', CLEAVE_EMAIL: '', CLEAVE_PASSWORD: '' },
        /^Who asks\? Give --token/,
      ],
      [`dead-letters list --url http://127.0.0.1:${await freePort()}`, {}, /^No server answers at .* \(ECONNREFUSED\)/],
      [`dead-letters list --url http://127.0.0.1:${port}`, {}, /is not Cleave/],
      ['dead-letters redrive', {}, /missing required argument/],
    ];
    for (const [words, env, said] of cases) {
      expect({ words, ...(await cleave(words, env)) }).toEqual({
        words,
        code: 1,
        stdout: '',
        stderr: expect.stringMatching(said),
      });
    }
    stranger.close();
  }, 120_000);
});
