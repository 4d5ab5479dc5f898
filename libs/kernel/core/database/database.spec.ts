import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommandBus } from '@nestjs/cqrs';
import { Test, type TestingModule } from '@nestjs/testing';
import pg from 'pg';
import { testDatabase, testKernelOptions, until } from '#kernel/testing';
import { Count, SinkModule, SourceModule } from '#kernel/testing/trial';
import { Registry } from '../bus/registry.js';
import type { KernelOptions } from '../kernel-options.js';
import { KernelModule } from '../kernel.module.js';
import { sql } from './sql.js';

const boot = async (url: string, options: Partial<KernelOptions> = {}): Promise<TestingModule> => {
  const app = await Test.createTestingModule({
    imports: [KernelModule.forRoot(testKernelOptions(url, options)), SourceModule, SinkModule],
  }).compile();
  app.useLogger(false);
  return app.init();
};

describe('the database of a context', () => {
  let database: Awaited<ReturnType<typeof testDatabase>>;
  let app: TestingModule;
  const of = (context: string) => app.get(Registry).databases.get(context)!;
  beforeAll(async () => {
    database = await testDatabase();
    app = await boot(database.url);
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  it('runs under its own role, which reaches no other schema and cannot shed itself', async () => {
    expect(await of('source').one(sql`select current_user as role, current_schema() as schema`)).toEqual({
      role: 'cleave_source',
      schema: 'source',
    });
    await expect(of('source').query(sql`select * from sink.heard`)).rejects.toThrow(
      'permission denied for schema sink',
    );
    await expect(
      of('source').transaction(() =>
        of('source')
          .query(sql`reset role`)
          .then(() => of('source').query(sql`select * from sink.heard`)),
      ),
    ).rejects.toThrow('permission denied');
  });

  it('speaks the types of contracts: whole numbers, instants in UTC, JSON', async () => {
    const row = await of('source').one(sql`
      select 9007199254740991::bigint as big, '2026-01-31 12:00:00.5+02'::timestamptz as at, '{"a":[1]}'::jsonb as json`);
    expect(row).toEqual({ big: Number.MAX_SAFE_INTEGER, at: '2026-01-31T10:00:00.500Z', json: { a: [1] } });
    await expect(of('source').query(sql`select 9007199254740993::bigint`)).rejects.toThrow(
      'beyond what a JSON number can carry',
    );
  });

  it('puts values and pieces of SQL where they belong', async () => {
    const piece = sql`(${2}::int + ${3}::int)`;
    expect(
      await of('source').one(sql`select ${1}::int as one, ${piece} as five, ${'x; drop table counter'}::text as text`),
    ).toEqual({
      one: 1,
      five: 5,
      text: 'x; drop table counter',
    });
  });

  describe('what a transaction writes', () => {
    const source = () => of('source');
    const put = (key: string, value = 1) => sql`insert into counter (key, n) values (${key}, ${value})`;
    const found = (key: string) =>
      source().one<{ value: number }>(sql`select n as value from counter where key = ${key}`);

    it('leaves as one statement, which is a transaction without BEGIN and COMMIT', async () => {
      await source().transaction(async () => {
        await source().write(put('alone'));
        await source().write(sql`insert into outbox_instance (id, until) values (${'here'}, now())`);
      });
      // PostgreSQL keeps the statement that began a transaction in the row's xmin, and cmin counts the statements within.
      const rows = await source().query(sql`
        select counter.xmin = outbox_instance.xmin as one, counter.cmin = outbox_instance.cmin as "oneStatement"
        from counter, outbox_instance where key = ${'alone'} and id = ${'here'}`);
      expect(rows).toEqual([{ one: true, oneStatement: true }]);
      expect(await found('alone')).toEqual({ value: 1 });
    });

    it('is seen by what it reads after that, and gone when it fails', async () => {
      const failing = source().transaction(async () => {
        await source().write(put('seen'));
        expect(await found('seen')).toEqual({ value: 1 });
        throw new Error('after all, no');
      });
      await expect(failing).rejects.toThrow('after all, no');
      expect(await found('seen')).toBeUndefined();
    });

    it('keeps the order of two writes to one table', async () => {
      await source().transaction(async () => {
        await source().write(put('twice'));
        await source().write(sql`update counter set n = n + 1 where key = ${'twice'}`);
      });
      expect(await found('twice')).toEqual({ value: 2 });
    });

    it('comes to nothing where a change touches no row, and says that it may be done again', async () => {
      const refused = source().transaction(async () => {
        await source().write(sql`insert into outbox_instance (id, until) values (${'nobody'}, now())`);
        await source().change(sql`update counter set n = 5 where key = ${'alone'} and n = ${99}`);
      });
      await expect(refused).rejects.toMatchObject({ code: 'kernel.unavailable', retryable: true });
      expect(await source().query(sql`select 1 from outbox_instance where id = ${'nobody'}`)).toEqual([]);
    });

    it('is not begun where what must hold before does not', async () => {
      let read = false;
      const early = source().transaction(async () => {
        source().currentTransaction()!.precondition = {
          statement: sql`select 1 where not exists (select 1 from counter where key = ${'alone'})`,
          refused: () => new Error('it is not its turn'),
        };
        await source().query(sql`select 1`);
        read = true;
      });
      await expect(early).rejects.toThrow('it is not its turn');
      expect(read).toBe(false);
    });

    it('comes to nothing where the error of a statement was ignored', async () => {
      const ignored = source().transaction(async () => {
        await source()
          .query(sql`select 1 / 0`)
          .catch(() => undefined);
      });
      await expect(ignored).rejects.toThrow('its error was ignored');
    });

    it('is seen by the entity manager of the transaction, and the other way round', async () => {
      await source().transaction(async () => {
        await source().write(put('managed'));
        const manager = await source().manager();
        expect(await manager.query(`select n from counter where key = 'managed'`)).toEqual([{ n: 1 }]);
        await manager.query(`update counter set n = 7 where key = 'managed'`);
        expect(await found('managed')).toEqual({ value: 7 });
      });
      expect(await found('managed')).toEqual({ value: 7 });
    });
  });

  it('ends a transaction that takes too long, and says that nothing happened', async () => {
    const slow = await boot(database.url, { transactionTimeoutMs: 2_000 });
    try {
      const source = slow.get(Registry).databases.get('source')!;
      await expect(source.transaction(() => source.query(sql`select pg_sleep(5)`))).rejects.toMatchObject({
        code: 'kernel.unavailable',
        retryable: true,
      });
    } finally {
      await slow.close();
    }
  });
});

describe('contexts on servers of their own', () => {
  it('speak as they do on one', async () => {
    const [one, other] = [await testDatabase(), await testDatabase()];
    const app = await boot(one.url, { environment: { SINK_DATABASE_URL: other.url } });
    try {
      await app.get(CommandBus).execute(new Count({ key: 'apart' }));
      const sink = app.get(Registry).databases.get('sink')!;
      await until(async () => (await sink.query(sql`select 1 from heard`)).length === 2);
      const client = new pg.Client({ connectionString: other.url });
      await client.connect();
      expect((await client.query(`select to_regnamespace('source') as schema`)).rows).toEqual([{ schema: null }]);
      await client.end();
    } finally {
      await app.close();
      await Promise.all([one.drop(), other.drop()]);
    }
  });
});

describe('a login that is no superuser', () => {
  /** A database owned by a login with these attributes; roles of contexts that other suites made are taken away from it. */
  async function ownedBy(attributes: string) {
    const { url, drop } = await testDatabase();
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const login = `login_${new URL(url).pathname.slice(6)}`;
    await client.query(`create role ${login} login password 'secret' ${attributes}`);
    await client.query(`alter database ${new URL(url).pathname.slice(1)} owner to ${login}`);
    const own = new URL(url);
    own.username = login;
    own.password = 'secret';
    return {
      url: own.href,
      client,
      login,
      drop: async () => {
        await client.end();
        await drop();
      },
    };
  }

  it('is told the SQL that a DBA must run, and starts after that', async () => {
    const { url, client, drop } = await ownedBy('');
    try {
      // One context after the other, whichever comes first, is refused with what is missing of its home.
      for (let context = 1; context <= 2; context++) {
        const refused = (await boot(url).catch((error: unknown) => error)) as Error;
        expect(refused.message).toMatch(/may not make the role and the schema of "(source|sink)"/);
        await client.query(/Let a DBA run:\n([\s\S]*)/.exec(refused.message)![1]!);
      }
      await (await boot(url)).close();
    } finally {
      await drop();
    }
  });
});
