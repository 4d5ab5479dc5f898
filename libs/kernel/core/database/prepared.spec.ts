import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import pg from 'pg';
import { testDatabase } from '#kernel/testing';
import { run, runOn } from './prepared.js';
import { sql } from './sql.js';

describe('a statement', () => {
  let database: Awaited<ReturnType<typeof testDatabase>>;
  let pool: pg.Pool;
  let client: pg.PoolClient;
  beforeAll(async () => {
    database = await testDatabase();
    pool = new pg.Pool({ connectionString: database.url, max: 1 });
    await pool.query('create table thing (id int primary key, name text, at timestamptz, tags jsonb)');
  });
  beforeEach(async () => {
    await pool.query('truncate thing');
    client = await pool.connect();
  });
  afterEach(() => client.release());
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  const insert = (id: number, name: string | null) => sql`insert into thing (id, name) values (${id}, ${name})`;
  const named = (from: number) => sql`select id, name, at, tags from thing where id >= ${from} order by id`;

  it('answers each time what pg answers', async () => {
    for (const [id, name] of [
      [1, 'one'],
      [2, null],
      [3, 'Größe'],
    ] as const)
      expect(await run(client, insert(id, name))).toMatchObject({ command: 'INSERT', rowCount: 1, rows: [] });
    for (const from of [1, 3, 4, 2]) {
      const { text, values } = named(from);
      const { rows, rowCount, command, fields } = await client.query(text, [...values]);
      expect(await run(client, named(from))).toMatchObject({ rows, rowCount, command, fields });
    }
  });

  it('asks once a connection what its rows look like', async () => {
    const { connection } = client as unknown as { connection: { describe(): void } };
    const describing = jest.spyOn(connection, 'describe');
    const statement = (value: number) => sql`select ${value}::int as "once a connection"`;
    for (const value of [1, 2, 3])
      expect((await run(client, statement(value))).rows).toEqual([{ 'once a connection': value }]);
    expect(describing).toHaveBeenCalledTimes(1);
    describing.mockRestore();
  });

  it('is told apart from others on the same connection, however they are mixed', async () => {
    for (const value of [1, 2, 3]) {
      expect((await run(client, sql`select ${value}::int as one`)).rows).toEqual([{ one: value }]);
      expect((await run(client, sql`select ${value}::int as two, 'x' as x`)).rows).toEqual([{ two: value, x: 'x' }]);
    }
  });

  it('that is refused, the first time or later, leaves the connection as it was', async () => {
    const divide = (by: number) => sql`select 6 / ${by}::int as quotient`;
    for (const time of [1, 2]) {
      await expect(run(client, divide(0))).rejects.toMatchObject({ code: '22012' });
      expect([time, (await run(client, divide(3))).rows]).toEqual([time, [{ quotient: 2 }]]);
    }
    await run(client, insert(1, 'one'));
    await expect(run(client, insert(1, 'again'))).rejects.toMatchObject({ code: '23505' });
    await expect(run(client, sql`select nothing_like_it`)).rejects.toMatchObject({ code: '42703' });
    expect((await run(client, named(1))).rows).toMatchObject([{ id: 1, name: 'one' }]);
  });

  it('that changes what its rows look like is refused by PostgreSQL, not read wrongly', async () => {
    await client.query('create temporary table changing (a int)');
    const all = sql`select * from changing`;
    expect((await run(client, all)).rows).toEqual([]);
    await client.query('alter table changing add column b int');
    await expect(run(client, all)).rejects.toMatchObject({ code: '0A000' });
  });

  it('runs on any connection of a pool', async () => {
    client.release();
    expect((await runOn(pool, sql`select ${7}::int as seven`)).rows).toEqual([{ seven: 7 }]);
    client = await pool.connect();
  });
});
