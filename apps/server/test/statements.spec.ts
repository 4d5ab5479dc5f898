import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { testDatabase, until } from '#kernel/testing';
import { RunningServer } from './running-server.js';
import { Shop } from './shop.js';

const CHECKOUTS = 20;
/** So many say at what rate it makes them. */
const OF_ITS_OWN = 100;

describe('a paid checkout, from an empty cart to the captured payment', () => {
  let database: Awaited<ReturnType<typeof testDatabase>>;
  let server: RunningServer;
  let client: pg.Client;
  beforeAll(async () => {
    database = await testDatabase();
    server = await RunningServer.start({ env: { DATABASE_URL: database.url } });
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query('create extension pg_stat_statements');
  }, 120_000);
  afterAll(async () => {
    await client.end();
    await server.stop();
    await database.drop();
  });

  const count = async (): Promise<number> => {
    const { rows } = await client.query<{ calls: number }>(
      `select sum(calls)::float8 as calls from pg_stat_statements
       where dbid = (select oid from pg_database where datname = current_database()) and query !~ 'pg_stat_statements'`,
    );
    return rows[0]!.calls;
  };

  it('takes at most 60 SQL statements in all contexts together, BEGIN and COMMIT among them', async () => {
    const shop = new Shop(server);
    await shop.sell('COUNTED', 1_000);
    const buy = async () => {
      const cart = await shop.cartWith({ COUNTED: 1 });
      const { body } = await shop.checkout(cart, 'tok_ok').expect(202);
      const order = await shop.order(body.orderId, cart, 20);
      expect([order.status, order.payment.status]).toEqual(['confirmed', 'captured']);
    };
    await buy();
    // What a server does that nobody asks for anything is told apart by its rate.
    let [before, began] = [await count(), performance.now()];
    const made = await until(async () => {
      const own = (await count()) - before;
      return own >= OF_ITS_OWN && own;
    }, 'it has made some of its own accord');
    const idle = made / (performance.now() - began);
    [before, began] = [await count(), performance.now()];
    for (let bought = 0; bought < CHECKOUTS; bought++) await buy();
    const all = (await count()) - before - idle * (performance.now() - began);
    expect(all / CHECKOUTS).toBeLessThanOrEqual(60);
    expect(all / CHECKOUTS).toBeGreaterThan(10); // else they were not counted
  }, 120_000);
});
