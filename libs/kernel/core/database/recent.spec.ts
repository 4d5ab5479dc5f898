import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { Test, type TestingModule } from '@nestjs/testing';
import { testDatabase, testKernelOptions } from '#kernel/testing';
import { SourceModule } from '#kernel/testing/trial';
import { Registry } from '../bus/registry.js';
import { KernelModule } from '../kernel.module.js';
import type { Database } from './database.js';
import { Recent } from './recent.js';
import { sql } from './sql.js';

let server: Awaited<ReturnType<typeof testDatabase>>;
let app: TestingModule;
let database: Database;
let recent: Recent<{ n: number }>;
beforeAll(async () => {
  server = await testDatabase();
  app = await Test.createTestingModule({
    imports: [KernelModule.forRoot(testKernelOptions(server.url)), SourceModule],
  }).compile();
  await app.init();
  database = app.get(Registry).databases.get('source')!;
});
afterAll(async () => {
  await app.close();
  await server.drop();
});
beforeEach(() => {
  recent = new Recent(database);
});

const keep = (id: string, n = 1, last: () => Promise<unknown> = async () => undefined) =>
  database.transaction(async () => {
    recent.keep(id, { n });
    expect(recent.take(id)).toBeUndefined(); // not before the commit
    await last();
  });

it('is what was committed, taken out once', async () => {
  await keep('a');
  expect([recent.take('a'), recent.take('a')]).toEqual([{ n: 1 }, undefined]);
});

it('is nothing of a transaction that came to nothing, not even what was kept before', async () => {
  await keep('a');
  await expect(keep('a', 2, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(recent.take('a')).toBeUndefined();
  const refused = () => database.change(sql`update counter set n = 1 where key = 'nobody'`);
  await expect(keep('a', 3, refused)).rejects.toMatchObject({ code: 'kernel.unavailable' });
  expect(recent.take('a')).toBeUndefined();
});

it('is a copy: who changes what was kept, or taken, changes nothing of it', async () => {
  const state = { n: 1 };
  await database.transaction(async () => recent.keep('a', state));
  state.n = 2;
  expect(recent.take('a')).toEqual({ n: 1 });
});

it('is of the last five hundred, the oldest forgotten first', async () => {
  for (let n = 0; n <= 500; n++) await keep(String(n), n);
  expect([recent.take('0'), recent.take('1'), recent.take('500')]).toEqual([undefined, { n: 1 }, { n: 500 }]);
});
