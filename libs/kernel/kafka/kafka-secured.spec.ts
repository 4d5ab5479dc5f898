import { afterAll, beforeAll, describe, it } from '@jest/globals';
import type { Environment } from '#kernel/base';
import { TestKafka } from '#kernel/kafka/testing';
import { freePort } from '#kernel/local';
import { pem, securedOver } from '#kernel/testing/guarantees';
import { kafka as broker } from './broker.js';

(TestKafka.isMissing ? describe.skip : describe)('Kafka over TLS with SASL', () => {
  const { speaks, isRefused } = securedOver(broker);
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
    await speaks(right);
  }, 60_000);

  it.each([
    ['its certificate is of another authority', { KAFKA_CA_FILE: pem('another') }, /certificate/],
    ['it does not know the password', { KAFKA_SASL_PASSWORD: 'wrong' }, /[Aa]uthentication/],
  ])(
    'is told nothing where %s',
    async (_, settings, why) => {
      await isRefused({ ...right, ...settings }, why);
    },
    60_000,
  );
});
