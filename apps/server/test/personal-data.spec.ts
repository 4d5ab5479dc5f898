import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '#kernel/local';
import { TestRedis } from '#kernel/redis/testing';
import { until } from '#kernel/testing';
import { newDataDir, RunningServer } from './running-server.js';
import { address, newKey, refusal, Shop } from './shop.js';

const customer = {
  email: 'grace.hopper@example.com',
  password: 'three warm sleeping bags',
  name: 'Grace Brewster Hopper',
};
const personal = [customer.email, customer.name, 'ada@example.com', address.name, address.line1, '$argon2id'];

/** Of split-redis, errors also pass through the served side of calls, and the log of many processes. */
const topologies = [
  ['a monolith', [] as string[], false],
  [
    'a split shop',
    ['--topology', join(import.meta.dirname, '../../../topologies/split-redis.yaml')],
    TestRedis.isMissing,
  ],
] as const;

for (const [name, args, isMissing] of topologies)
  (isMissing ? describe.skip : describe)(`what goes wrong in ${name} is told without personal data`, () => {
    let database: EmbeddedPostgres;
    let dataDir: string;
    let server: RunningServer;
    let shop: Shop;

    const run = async (statement: string): Promise<Record<string, unknown>[]> => {
      const client = new pg.Client(database.url);
      await client.connect();
      try {
        return (await client.query(statement)).rows as Record<string, unknown>[];
      } finally {
        await client.end();
      }
    };
    /** Makes a mistake in the database: what is written from now on is refused, with the row that was to be written. */
    const refuse = (table: string, unless: string) =>
      run(`alter table ${table} add constraint mistake check (${unless}) not valid`);
    const mend = (table: string) => run(`alter table ${table} drop constraint mistake`);
    const register = (account = customer) => shop.http.post('/api/v1/auth/register').send(account);
    /** All that is said of it: by the processes, by PostgreSQL, and to operators. */
    const told = async (): Promise<Record<string, string>> => ({
      output: server.output,
      'postgres.log': await readFile(join(dataDir, 'postgres.log'), 'utf8'),
      'dead letters': JSON.stringify(
        (
          await shop.http
            .get('/api/v1/admin/dead-letters?limit=100&retrying=true')
            .set(await shop.admin())
            .expect(200)
        ).body,
      ),
      kept: JSON.stringify(await run('select error from ordering.inbox_parked')),
    });
    const expectNothingPersonal = async (): Promise<void> => {
      for (const [where, text] of Object.entries(await told()))
        for (const word of personal) expect([where, text.includes(word), word]).toEqual([where, false, word]);
    };

    beforeAll(async () => {
      dataDir = await newDataDir();
      database = await startEmbeddedPostgres({ dataDir, log: () => undefined });
      const env = { DATABASE_URL: database.url, CLEAVE_DEMO: 'off', CLEAVE_MAX_ATTEMPTS: '2', LOG_LEVEL: 'trace' };
      server = await RunningServer.start({ env, args: [...args] });
      shop = new Shop(server);
    }, 150_000);
    afterAll(async () => {
      await server?.stop();
      await database?.stop();
    }, 60_000);

    it('where an account cannot be written, or its address is taken', async () => {
      await refuse('identity.account', `email not like 'grace%'`);
      expect(refusal(await register())).toBe('500 internal');
      await mend('identity.account');
      await register().expect(201);
      expect(refusal(await register())).toBe('409 identity.email_taken');
      expect(refusal(await register({ ...customer, email: customer.email.toUpperCase() }))).toBe(
        '409 identity.email_taken',
      );
      expect(server.output).toContain('23514 check_violation: constraint mistake of identity.account');
      expect(server.output).not.toContain('23505');
      await expectNothingPersonal();
    });

    it('where an order cannot be written, at once or by the messages that follow', async () => {
      await shop.sell('SECRET-1', 5);
      await refuse('ordering.orders', 'false');
      const cart = await shop.cartWith({ 'SECRET-1': 1 });
      expect(refusal(await shop.checkout(cart, 'tok_ok'))).toBe('500 internal');
      await mend('ordering.orders');
      await refuse('ordering.orders', `status = 'pending'`);
      const { body } = await shop.checkout(cart, 'tok_ok', newKey()).expect(202);
      const letters = async () =>
        (
          await shop.http
            .get('/api/v1/admin/dead-letters?limit=100')
            .set(await shop.admin())
            .expect(200)
        ).body.items as {
          subscriber: string;
          error: { message: string };
        }[];
      const letter = await until(async () =>
        (await letters()).find(({ subscriber }) => subscriber === 'ordering.checkout'),
      );
      expect(letter.error).toEqual({
        code: 'internal',
        message: '23514 check_violation: constraint mistake of ordering.orders',
      });
      expect(body.orderId).toBeDefined();
      await expectNothingPersonal();
      await mend('ordering.orders');
    }, 60_000);

    it('where PostgreSQL quotes a value', async () => {
      await expect(run(`select '${customer.email}'::uuid`)).rejects.toThrow(customer.email);
      await expectNothingPersonal();
      expect(await readFile(join(dataDir, 'postgres.log'), 'utf8')).toContain('database system is ready');
    });
  });
