/** @tag fault-injection */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Admin } from '@platformatic/kafka';
import { TestKafka } from '#kernel/kafka/testing';
import { isAlive, ProcessesFile, type RunningService, startLocalServices } from '#kernel/local';
import { until } from '#kernel/testing';
import { kafka } from '../broker.js';
import { startKafka } from './kafka-service.js';

let dataDir: string;
let running: RunningService | undefined;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'kafka-'));
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
  await rm(dataDir, { recursive: true });
});

const start = async () => (running = await startKafka({ dataDir, tell: () => undefined }));

async function ask<Answer>(
  { environment }: RunningService,
  question: (admin: Admin) => Promise<Answer>,
): Promise<Answer> {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [environment['KAFKA_BROKERS']!] });
  try {
    return await question(admin);
  } finally {
    await admin.close();
  }
}

(TestKafka.isMissing ? describe.skip : describe)('Kafka on a laptop', () => {
  it('keeps what it had when it is killed, and its port', async () => {
    const first = await start();
    expect(first.adopted).toBe(false);
    await ask(first, (admin) => admin.createTopics({ topics: ['kept'], partitions: 16, replicas: 1 }));
    process.kill(first.pid, 'SIGKILL');
    await until(async () => !(await isAlive(first.pid)), 'it is gone');
    const second = await start();
    expect(second).toMatchObject({ adopted: false, environment: first.environment });
    expect(await ask(second, (admin) => admin.listTopics())).toEqual(['kept']);
  }, 60_000);

  it('is taken over where it runs already, and makes no topic by itself', async () => {
    const first = await start();
    expect(await startKafka({ dataDir, tell: () => undefined })).toMatchObject({
      adopted: true,
      pid: first.pid,
      environment: first.environment,
    });
    await ask(first, (admin) => admin.metadata({ topics: ['asked-for'], autocreateTopics: true })).catch(
      () => undefined,
    );
    expect(await ask(first, (admin) => admin.listTopics())).toEqual([]);
  }, 60_000);

  it('is there for all servers of a data folder, comes back when it is killed, and goes with the last of them', async () => {
    const services = await startLocalServices({
      environment: {},
      dataDir,
      needs: { services: [kafka.local!], secrets: {} },
      tell: () => undefined,
    });
    await services.register({ name: 'checkout', replica: 1, ports: {} });
    const living = async () => (await new ProcessesFile(dataDir).living()).find(({ name }) => name === 'kafka');
    const { pid } = (await living())!;
    process.kill(pid, 'SIGKILL');
    const entry = await until(async () => {
      const heir = await living();
      return heir?.pid !== pid && heir;
    }, 'it is back');
    expect(services.environment).toEqual({ KAFKA_BROKERS: `127.0.0.1:${entry.ports['kafka']}` });
    await services.stop();
    expect(await isAlive(entry.pid)).toBe(false);
    expect(await new ProcessesFile(dataDir).living()).toEqual([]);
  }, 60_000);

  it('is asked for, with what to do, where the machine has none', async () => {
    const { PATH, JAVA_HOME } = process.env;
    process.env['PATH'] = dataDir;
    delete process.env['JAVA_HOME'];
    try {
      await expect(start()).rejects.toThrow(
        /There is no Java .*apt-get install .*maven.*KAFKA_HOME.*compose\.brokers\.yaml up -d.*KAFKA_BROKERS=127\.0\.0\.1:9092/s,
      );
    } finally {
      process.env['PATH'] = PATH;
      if (JAVA_HOME !== undefined) process.env['JAVA_HOME'] = JAVA_HOME;
    }
  });
});
