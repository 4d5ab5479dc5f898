import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommandBus } from '@nestjs/cqrs';
import { Test, type TestingModule } from '@nestjs/testing';
import { KernelModule, Registry, sql } from '#kernel/core';
import { testDatabase, testKernelOptions, until } from '#kernel/testing';
import { LendBook, LendingModule, MembersModule } from './lending.js';

describe('the example', () => {
  let app: TestingModule;
  let database: Awaited<ReturnType<typeof testDatabase>>;
  beforeAll(async () => {
    database = await testDatabase();
    app = await Test.createTestingModule({
      imports: [KernelModule.forRoot(testKernelOptions(database.url)), LendingModule, MembersModule],
    }).compile();
    await app.init();
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  it('lends a book once, and the other context hears of it', async () => {
    const commands = app.get(CommandBus);
    await commands.execute(new LendBook({ book: 'Momo', member: 'Ada' }));
    await expect(commands.execute(new LendBook({ book: 'Momo', member: 'Bob' }))).rejects.toMatchObject({
      code: 'lending.already_lent',
      status: 409,
    });
    const members = app.get(Registry).databases.get('members')!;
    await until(async () => (await members.query(sql`select 1 from shelf`)).length > 0);
    expect(await members.query(sql`select member, book from shelf`)).toEqual([{ member: 'Ada', book: 'Momo' }]);
  });
});
