import { readFile } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { SystemClock, SystemRandomness } from '#kernel/base';
import { freePort } from '#kernel/local';
import { TestRedis } from '#kernel/redis/testing';
import { pem, securedOver } from '#kernel/testing/guarantees';
import { redis as broker } from './broker.js';
import { Connection } from './connection.js';

(TestRedis.isMissing ? describe.skip : describe)('Redis over TLS', () => {
  const { speaks, isRefused } = securedOver(broker);
  let redis: TestRedis;
  let url: string;
  beforeAll(async () => {
    redis = await TestRedis.start();
    await redis.kill();
    const port = await freePort();
    url = `rediss://127.0.0.1:${port}`;
    const files = ['--tls-cert-file', pem('server'), '--tls-key-file', pem('server')];
    const authority = ['--tls-ca-cert-file', pem('authority'), '--tls-auth-clients', 'no'];
    await redis.launch('--tls-port', String(port), ...files, ...authority);
  }, 60_000);
  afterAll(() => redis.stop());

  it('is spoken to where its certificate is signed by who is trusted', async () => {
    await speaks({ REDIS_URL: url, REDIS_CA_FILE: pem('authority') });
  });

  it.each([
    ['of another authority', { REDIS_CA_FILE: pem('another') }],
    ['of an authority that this machine does not know', {}],
  ])('is told nothing where its certificate is %s', async (_, settings) => {
    await isRefused({ REDIS_URL: url, ...settings }, /certificate/);
  });

  it('is left amid a refused handshake without an error that nobody hears', async () => {
    const clock = new SystemClock();
    const bus = { prefix: 'test', instance: 'test', key: undefined, clock, randomness: new SystemRandomness() };
    const options = { ...bus, url, tls: { ca: await readFile(pem('another')) } };
    for (let n = 0; n < 20; n++) {
      const connection = new Connection(options, 'leaves');
      while (!connection.redis.stream) await setImmediate();
      const { stream } = connection.redis;
      while (stream.connecting) await setImmediate();
      connection.close();
      await new Promise((resolve) => stream.once('close', resolve));
    }
  });
});
