import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { Test, type TestingModule } from '@nestjs/testing';
import { KernelModule } from '#kernel';
import { testDatabase, testKernelOptions, until } from '#kernel/testing';
import { CountBooks, LendBook, LendingModule, MembersModule } from './lending.js';

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
    await until(async () => (await app.get(QueryBus).execute(new CountBooks({ member: 'Ada' }))).books === 1);
    expect(await app.get(QueryBus).execute(new CountBooks({ member: 'Bob' }))).toEqual({ books: 0 });
  });
});
