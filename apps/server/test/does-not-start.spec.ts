import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { freePort } from '#kernel/local';
import { TestRedis } from '#kernel/redis/testing';
import { testDatabase } from '#kernel/testing';
import { lastWords } from './last-words.js';
import { Launched, topologyOfThree } from './launched.js';
import { RunningServer } from './running-server.js';
import { Shop } from './shop.js';

describe('a server on a laptop', () => {
  const provider = { TEST_PROVIDER_URL: 'http://127.0.0.1:1', TEST_PROVIDER_SECRET: 'any' };

  it.each([
    [
      'without a database in production',
      { NODE_ENV: 'production' },
      /^Wrong settings:\n {2}DATABASE_URL=: must be set in production.*\n.*\n$/,
    ],
    [
      'with a wrong setting',
      { PORT: 'abc', ORDERING_PAYMENT_TIMEOUT: '0' },
      /^Wrong settings:\n(.*\n)* {2}PORT=abc: .*\n(.*\n)*\.env\.example says what each means\.\n$/,
    ],
    [
      'in a currency that does not exist',
      { CLEAVE_CURRENCY: 'ZZZ' },
      /^Wrong settings:\n {2}CLEAVE_CURRENCY=ZZZ: is no currency of ISO 4217\n.*\n$/,
    ],
    [
      'with an interceptor that is not there',
      { CLEAVE_INTERCEPTORS: '/nowhere/at-all.mjs' },
      /^Wrong settings:\n {2}CLEAVE_INTERCEPTORS=\/nowhere\/at-all\.mjs: cannot be loaded: Cannot find module .*\n.*\n$/,
    ],
    [
      'on a database that is not there',
      { DATABASE_URL: 'postgres://nobody:secret@127.0.0.1:1/none', ...provider },
      /^Wrong settings:\n {2}DATABASE_URL=postgres:\/\/nobody@127\.0\.0\.1:1\/none: .*ECONNREFUSED.*Start that server.*\n.*\n$/,
    ],
  ])('does not start %s, and says why and nothing else', async (_, env, message) => {
    expect(await lastWords(env)).toMatch(message);
  });

  it('does not start in another currency than its goods are in, and loses nothing', async () => {
    const database = await testDatabase();
    const env = { DATABASE_URL: database.url };
    try {
      const before = await RunningServer.start({ env });
      await new Shop(before).sell('FIXED-1', 3);
      await before.stop();
      expect(await lastWords({ ...env, CLEAVE_CURRENCY: 'JPY', ...provider })).toMatch(
        /^Wrong settings:\n {2}CLEAVE_CURRENCY=JPY: the goods of this shop are in EUR\. Set CLEAVE_CURRENCY=EUR, or start a new shop .*\n.*\n$/,
      );
      const after = await RunningServer.start({ env });
      expect((await new Shop(after).buy({ 'FIXED-1': 1 }, 'tok_ok')).order.status).toBe('confirmed');
      await after.stop();
    } finally {
      await database.drop();
    }
  }, 120_000);

  it('tells of an error that nothing has caught no more than of one that is logged', async () => {
    const program = `
      const { setInterval } = await import('node:timers');
      const thrown = Object.assign(new Error('new row violates a check'), {
        severity: 'ERROR', code: '23514', constraint: 'mistake', detail: 'Failing row contains (ada@example.com).',
      });
      const timer = setInterval(() => {
        if (process.listenerCount('uncaughtException') === 0) return; // it has not begun yet
        clearInterval(timer);
        throw thrown;
      }, 5);`;
    const said = await lastWords({ NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(program)}` });
    expect(said).toMatch(
      /^Cleave ends by an error that nothing has caught: DatabaseError: 23514 .*constraint mistake\n +at /,
    );
    expect(said).not.toContain('ada@example.com');
  });

  it('does not start on a database or a port that is not for it, and says why last of all', async () => {
    const database = await testDatabase();
    const taken = createServer().listen(await freePort(), '0.0.0.0');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    try {
      const gone = new URL(database.url);
      gone.pathname = '/dropped';
      expect(await lastWords({ DATABASE_URL: gone.href, ...provider })).toMatch(
        /^Wrong settings:\n {2}DATABASE_URL=postgres.*\/dropped: database "dropped" does not exist\. Correct the URL.*\n.*\n$/,
      );
      expect(await lastWords({ DATABASE_URL: database.url, PORT: String(port), ...provider })).toMatch(
        /^listen EADDRINUSE: .*\nSet PORT to one that is free .*\n$/,
      );
    } finally {
      taken.close();
      await database.drop();
    }
  }, 60_000);
});

(TestRedis.isMissing ? describe.skip : describe)('a topology on a laptop', () => {
  let launched: Launched | undefined;
  afterEach(async () => {
    await launched?.remove();
    launched = undefined;
  });

  it.each([
    ['with a wrong setting', topologyOfThree, { RATE_LIMIT: 'maybe' }, [], 'RATE_LIMIT=maybe: '],
    ['with a wrong topology', topologyOfThree.replace('[ordering,', '[order,'), {}, [], 'topology.yaml:6: '],
    [
      'with replicas of nobody',
      topologyOfThree,
      {},
      ['--replicas', 'chekout=2'],
      'has no such process, but gateway, storefront',
    ],
    [
      'without a broker',
      topologyOfThree,
      { PATH: '/nowhere' },
      [],
      'docker compose -f docker/compose.brokers.yaml up -d',
    ],
  ])(
    'does not start %s, says why, and leaves nothing',
    async (_, text, env, args, message) => {
      const shop = (launched = await Launched.prepare(text, env));
      await shop.launch(...args);
      expect(shop.output).toContain(message);
      expect(await shop.end('SIGTERM')).toBe(1);
      expect(await shop.processes().catch(() => [])).toEqual([]);
    },
    60_000,
  );
});
