import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { SystemClock, SystemRandomness } from '../runtime/clock.js';
import { freePort } from '../runtime/free-port.js';
import type { Environment } from '../settings/settings.js';
import type { Topology } from '../topology/topology.js';
import { TestKafka } from '../testing/test-kafka.js';
import { TestRedis } from '../testing/test-redis.js';
import { until } from '../testing/until.js';
import { connectSplit } from './connect.js';
import { Connection } from './redis/connection.js';
import { echo, insist } from './test/call-guarantees.js';
import { reading, messages } from './test/event-guarantees.js';
import type { Split } from './split.js';

// For 127.0.0.1 alone, until 2126: `server.pem` is signed by `authority.pem`, and by nobody else.
const certificates = join(import.meta.dirname, '../testing/certificates');
const pem = (name: string): string => join(certificates, `${name}.pem`);

const opened: Split[] = [];
let warnings: string[] = [];
beforeAll(() => {
  const quiet = () => undefined;
  Logger.overrideLogger({ log: quiet, error: quiet, warn: (line: string) => void warnings.push(line) });
});
beforeEach(() => {
  warnings = [];
});
afterEach(async () => {
  for (const { calls, events } of opened.splice(0)) await Promise.all([calls?.close(), events?.close()]);
});

/** A process of a topology over this broker, by its settings alone. */
async function connect(
  broker: 'redis' | 'kafka',
  environment: Environment,
  contexts: readonly string[] = [],
): Promise<Split> {
  const processes = new Map([['shop', { http: true, contexts: ['shop'] }]]);
  const topology: Topology = { file: 'test.yaml', calls: broker, events: broker, partitions: 4, processes };
  const split = (await connectSplit({ topology, environment, contexts, instance: 'test' }))!;
  opened.push(split);
  return split;
}

/** Asks over it and tells over it. */
async function speaks(broker: 'redis' | 'kafka', environment: Environment): Promise<void> {
  const { calls, events } = await connect(broker, environment, ['shop']);
  await until(() => calls!.status === 'connected', 'connected');
  await calls!.serve('shop', echo);
  expect(await insist(calls!, { n: 1 })).toEqual({ n: 1 });
  const log = await events!.open('shop', ['mail']);
  await log.append(0, messages(1, 3), undefined);
  const { taken } = await reading(events!, 'mail', [0]);
  await until(() => taken.length === 3, 'told');
}

/** Speaks to nobody, and its log says why. */
async function isRefused(broker: 'redis' | 'kafka', environment: Environment, why: RegExp): Promise<void> {
  const { calls } = await connect(broker, environment);
  await until(() => warnings.some((line) => why.test(line)), `a warning of ${why.source}`);
  expect(calls!.status).toBe('away');
}

(TestRedis.isMissing ? describe.skip : describe)('Redis over TLS', () => {
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
    await speaks('redis', { REDIS_URL: url, REDIS_CA_FILE: pem('authority') });
  });

  it.each([
    ['of another authority', { REDIS_CA_FILE: pem('another') }],
    ['of an authority that this machine does not know', {}],
  ])('is told nothing where its certificate is %s', async (_, settings) => {
    await isRefused('redis', { REDIS_URL: url, ...settings }, /certificate/);
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

(TestKafka.isMissing ? describe.skip : describe)('Kafka over TLS with SASL', () => {
  let kafka: TestKafka;
  let right: Environment;
  beforeAll(async () => {
    kafka = await TestKafka.start();
    await kafka.kill();
    const port = await freePort();
    const { port: plain, controllerPort } = kafka.ports;
    const login = 'org.apache.kafka.common.security.plain.PlainLoginModule required user_shop="three warm bags"';
    await kafka.launch(
      `listeners=PLAINTEXT://127.0.0.1:${plain},CONTROLLER://127.0.0.1:${controllerPort},SECURED://127.0.0.1:${port}`,
      `advertised.listeners=PLAINTEXT://127.0.0.1:${plain},SECURED://127.0.0.1:${port}`,
      'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURED:SASL_SSL',
      'sasl.enabled.mechanisms=PLAIN',
      `listener.name.secured.plain.sasl.jaas.config=${login};`,
      'ssl.keystore.type=PEM',
      `ssl.keystore.location=${pem('server')}`,
    );
    right = {
      KAFKA_BROKERS: `127.0.0.1:${port}`,
      KAFKA_TLS: 'on',
      KAFKA_CA_FILE: pem('authority'),
      KAFKA_SASL_MECHANISM: 'PLAIN',
      KAFKA_SASL_USERNAME: 'shop',
      KAFKA_SASL_PASSWORD: 'three warm bags',
    };
  }, 120_000);
  afterAll(() => kafka.stop());

  it('is spoken to where its certificate is signed by who is trusted, and it knows who asks', async () => {
    await speaks('kafka', right);
  }, 60_000);

  it.each([
    ['its certificate is of another authority', { KAFKA_CA_FILE: pem('another') }, /certificate/],
    ['it does not know the password', { KAFKA_SASL_PASSWORD: 'wrong' }, /[Aa]uthentication/],
  ])(
    'is told nothing where %s',
    async (_, settings, why) => {
      await isRefused('kafka', { ...right, ...settings }, why);
    },
    60_000,
  );
});
