/** @tag fault-injection */
import { afterEach, describe, expect, it } from '@jest/globals';
import { Admin } from '@platformatic/kafka';
import { TestKafka } from './test-kafka.js';

let kafka: TestKafka;
afterEach(() => kafka?.stop());

async function topics(): Promise<string[]> {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [kafka.brokers], retries: 3 });
  try {
    return await admin.listTopics();
  } finally {
    await admin.close();
  }
}

(TestKafka.isMissing ? describe.skip : describe)('the Kafka of a test', () => {
  it('comes back on its port, with what it had or without', async () => {
    kafka = await TestKafka.start();
    const admin = new Admin({ clientId: 'test', bootstrapBrokers: [kafka.brokers], retries: 3 });
    await admin.createTopics({ topics: ['kept'], partitions: 16, replicas: 1 });
    await admin.close();
    await kafka.kill();
    await kafka.launch();
    expect(await topics()).toEqual(['kept']);
    await kafka.kill();
    await kafka.lose();
    await kafka.launch();
    expect(await topics()).toEqual([]);
  }, 90_000);
});
