import { lstatSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { TestKafka } from '#kernel/kafka/testing';
import { TestRedis } from '#kernel/redis/testing';
import { Launched } from './launched.js';

const topology = `
calls: redis
events: kafka
processes:
  gateway: { http: true }
  shop: { contexts: [identity, catalog, inventory, cart, ordering, payments] }
`;
const isRoot = process.getuid?.() === 0;

(TestRedis.isMissing || TestKafka.isMissing ? describe.skip : describe)('what a shop writes', () => {
  it('is closed to other users of the machine, whatever their umask: its own files and those of all that it starts', async () => {
    const former = process.umask(0o022);
    const shop = await Launched.prepare(topology, { CLEAVE_DATA_DIR: 'data' });
    const dataDir = join(shop.dataDir, 'data');
    try {
      await shop.launch();
      const register = await fetch(`http://127.0.0.1:${shop.port}/api/v1/auth/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email: 'ada@example.com', password: 'three warm sleeping bags', name: 'Ada' }),
      });
      expect(register.status).toBe(201);
      const written = (await readdir(dataDir, { recursive: true })).map((file) => file.split('/')[0]);
      expect([...new Set(written)]).toEqual(
        expect.arrayContaining(['postgres', 'redis', 'kafka', 'test-provider', 'bus.key', 'processes.json']),
      );
      // As root the database runs as another user, who must get through, and sees nothing on the way.
      const modes = await modesIn(dataDir);
      expect(modes).toMatchObject({ '.': isRoot ? '711' : '700' });
      expect(Object.entries(modes).filter(([file, mode]) => file !== '.' && !mode.endsWith('00'))).toEqual([]);
    } finally {
      process.umask(former);
      await shop.remove();
    }
  }, 120_000);
});

/** The mode of a folder and of all that is in it, in octal, by its path. */
async function modesIn(folder: string): Promise<Record<string, string>> {
  const files = await readdir(folder, { recursive: true });
  const modes = ['.', ...files].flatMap((file) => {
    const found = lstatSync(join(folder, file), { throwIfNoEntry: false });
    return found ? [[file, (found.mode & 0o777).toString(8).padStart(3, '0')] as const] : []; // some come and go
  });
  return Object.fromEntries(modes);
}
