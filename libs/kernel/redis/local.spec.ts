/** @tag fault-injection */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { isAlive, type RunningService } from '#kernel/local';
import { TestRedis } from '#kernel/redis/testing';
import { until } from '#kernel/testing';
import { startRedis } from './local.js';

let dataDir: string;
let running: RunningService | undefined;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'redis-'));
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
  await rm(dataDir, { recursive: true });
});

const start = async () => (running = await startRedis({ dataDir, tell: () => undefined }));

async function ask<Answer>(
  { environment }: RunningService,
  question: (client: Redis) => Promise<Answer>,
): Promise<Answer> {
  const client = new Redis(environment['REDIS_URL']!, {
    lazyConnect: true,
    enableReadyCheck: false,
    retryStrategy: () => null,
  });
  client.on('error', () => undefined); // the rejection says it too
  try {
    await client.connect();
    return await question(client);
  } finally {
    client.disconnect();
  }
}

(TestRedis.isMissing ? describe.skip : describe)('Redis on a laptop', () => {
  it('keeps what it acknowledged, even when it is killed', async () => {
    const first = await start();
    expect(first.adopted).toBe(false);
    await ask(first, (client) => client.set('kept', 'yes'));
    await ask(first, (client) => client.call('WAITAOF', 1, 0, 5_000)).catch(() => undefined); // before 7.2 it is not there
    process.kill(first.pid, 'SIGKILL');
    await until(async () => !(await isAlive(first.pid)), 'it is gone');
    const second = await start();
    expect(second).toMatchObject({ adopted: false, port: first.port });
    expect(await ask(second, (client) => client.get('kept'))).toBe('yes');
  });

  it('is taken over where it runs already', async () => {
    const first = await start();
    expect(await startRedis({ dataDir, tell: () => undefined })).toMatchObject({
      adopted: true,
      pid: first.pid,
      environment: first.environment,
    });
  });

  it('is taken over, and ended, also where its start was killed before it wrote down who it is', async () => {
    const first = await start();
    await rm(join(dataDir, 'redis', 'service.pid'));
    expect(await start()).toMatchObject({ adopted: true, pid: first.pid });
    await running!.stop();
    expect(await isAlive(first.pid)).toBe(false);
  });

  it('is waited for where it runs and lets nobody in just now: a second one would write to the same file', async () => {
    const first = await start();
    const again = await ask(first, async (client) => {
      await client.config('SET', 'maxclients', 1);
      const second = startRedis({ dataDir, tell: () => undefined });
      const refused = async () => Number(/rejected_connections:(\d+)/.exec(await client.info('stats'))?.[1]);
      await until(async () => (await refused()) > 1, 'it was asked more than once');
      await client.config('SET', 'maxclients', 100);
      return second;
    });
    expect(again).toMatchObject({ adopted: true, pid: first.pid });
  });

  it('lets nobody in who does not know its password', async () => {
    const { port } = await start();
    const stranger = { environment: { REDIS_URL: `redis://127.0.0.1:${port}` } } as unknown as RunningService;
    await expect(ask(stranger, (client) => client.get('kept'))).rejects.toThrow('NOAUTH');
    expect((await stat(join(dataDir, 'redis', 'redis.conf'))).mode & 0o077).toBe(0);
  });

  it('is asked for, with what to do, where the machine has none', async () => {
    const path = process.env['PATH'];
    process.env['PATH'] = dataDir;
    try {
      await expect(start()).rejects.toThrow(
        /There is no redis-server .*apt-get install redis-server.*compose\.brokers\.yaml up -d.*REDIS_URL/s,
      );
    } finally {
      process.env['PATH'] = path;
    }
  });
});
