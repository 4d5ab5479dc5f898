import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Registry } from '#kernel/core';
import { CONTEXTS } from '#kernel/edge';
import { createHttpApp } from '#kernel/http';
import { testDatabase, testKernelOptions } from '#kernel/testing';
import { AppModule } from '../../server/src/app.module.js';
import type { MessageSnapshot } from './compatibility.js';
import { type Contracts, explained, readContracts } from './contracts.js';

describe('the contracts', () => {
  let contracts: Contracts;
  beforeAll(async () => {
    contracts = await readContracts();
  });

  it('are as committed', () => {
    for (const path of ['contracts/contracts.json', 'contracts/openapi.json']) {
      if (readFileSync(path, 'utf8') !== contracts.files[path])
        throw new Error(`${path} is not what the code declares.\n${explained(contracts.difference)}`);
    }
  });

  it.each(['docs/reference/contexts.md', 'docs/reference/errors.md', 'docs/reference/messages.md'])(
    'are told in %s',
    (path) => {
      expect(readFileSync(path, 'utf8')).toBe(contracts.files[path]); // made by: npm run contracts
    },
  );

  describe('of the monolith', () => {
    let database: Awaited<ReturnType<typeof testDatabase>>;
    let app: NestFastifyApplication;
    beforeAll(async () => {
      database = await testDatabase();
      app = await createHttpApp(
        await AppModule.of(testKernelOptions(database.url, { environment: { LOG_LEVEL: 'silent' } })),
      );
      await app.listen(0, '127.0.0.1');
    });
    afterAll(async () => {
      await app.close();
      await database.drop();
    });

    it('are the document that it serves', async () => {
      const served = await (await fetch(`${await app.getUrl()}/api/openapi.json`)).text();
      expect(`${JSON.stringify(JSON.parse(served), null, 2)}\n`).toBe(contracts.files['contracts/openapi.json']);
    });

    it('reach every context that it runs, where operators ask', () => {
      expect([...app.get<readonly string[]>(CONTEXTS)].toSorted()).toEqual(
        [...app.get(Registry).databases.keys()].toSorted(),
      );
    });

    it('name the subscribers that it runs, and no other', () => {
      const { messages } = JSON.parse(contracts.files['contracts/contracts.json']!) as { messages: MessageSnapshot[] };
      const running = [...app.get(Registry).subscribers.values()].flatMap(({ name, listeners }) =>
        [...listeners.keys()].map((event) => `${name} ${event}`),
      );
      const named = messages.flatMap(({ name, subscribers }) =>
        subscribers.map((subscriber) => `${subscriber} ${name}`),
      );
      expect(named.toSorted()).toEqual(running.toSorted());
    });
  });
});
