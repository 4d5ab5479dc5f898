import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Writable } from 'node:stream';
import { Logger as NestLogger } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { Redis } from 'ioredis';
import { Logger, LoggerModule } from 'nestjs-pino';
import pg from 'pg';
import { DataSource } from 'typeorm';
import * as z from 'zod';
import { errorMessage, errorReport, errorStack, errorText } from '#kernel/base';
import { kernelFailure } from '#kernel/messages';
import { TestRedis } from '#kernel/redis/testing';
import { testDatabase } from '#kernel/testing';
import { logOptions } from './logging.js';

const person = {
  email: 'ada@example.com',
  name: 'Ada Lovelace',
  street: 'Hauptstr. 1',
  hash: '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA',
};
const personal = [...Object.values(person), 'example.com', 'Lovelace', 'Hauptstr', 'argon2id'];
const failing = async (work: () => unknown): Promise<Error> => {
  try {
    await work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('it did not fail');
};

describe('an error is told without the values that it quotes', () => {
  let database: Awaited<ReturnType<typeof testDatabase>>;
  let source: DataSource;
  let client: pg.Client;
  let module: TestingModule;
  let logger: NestLogger;
  let lines = '';

  beforeAll(async () => {
    database = await testDatabase();
    client = new pg.Client(database.url);
    await client.connect();
    await client.query(`
      create table person (email text primary key, name text, street text, hash text, at date,
        constraint no_hash check (hash not like '$argon2id%'))`);
    source = await new DataSource({ type: 'postgres', url: database.url }).initialize();
    const stream = new Writable({
      write(chunk, _, done) {
        lines += String(chunk);
        done();
      },
    });
    module = await Test.createTestingModule({
      imports: [LoggerModule.forRoot({ forRoutes: [], pinoHttp: [logOptions('trace'), stream] })],
    }).compile();
    module.useLogger(module.get(Logger));
    logger = new NestLogger('Trial');
  });
  afterAll(async () => {
    await module.close();
    await source.destroy();
    await client.end();
    await database.drop();
  });

  const insert = `insert into person (email, name, street, hash) values ($1, $2, $3, $4)`;
  const row = Object.values(person);
  const { email, name, street } = person;
  /** Each class as its library makes it, and what is to be known of it nevertheless. */
  const made: [string, () => Promise<unknown>, RegExp][] = [
    [
      'a check constraint',
      () => client.query(insert, row),
      /DatabaseError: 23514 check_violation: constraint no_hash of public\.person/,
    ],
    [
      'a unique constraint',
      async () => {
        const taken = [email, name, street, 'none'];
        await client.query(insert, taken);
        await client.query(insert, taken);
      },
      /23505 unique_violation: constraint person_pkey/,
    ],
    ['no uuid', () => client.query('select $1::uuid', [email]), /22P02 invalid_text_representation/],
    ['no date', () => client.query('select $1::date', [name]), /22007 invalid_datetime_format/],
    [
      'what a function raises',
      () => client.query(`do $$ begin raise exception 'no % here', '${email}' using errcode = '42501'; end $$`),
      /42501 insufficient_privilege/,
    ],
    [
      'a missing table',
      () => client.query('select $1::regclass from nowhere', [email]),
      /42P01 undefined_table: relation "nowhere" does not exist/,
    ],
    [
      'a value that is taken for a name',
      () => client.query('select $1::regclass', [`"${email}"`]),
      /42P01 undefined_table: relation "…" does not exist/,
    ],
    ['TypeORM', () => source.query(insert, row), /DatabaseError: 23514 check_violation: constraint no_hash/],
    ['what is no JSON', async () => JSON.parse(email), /SyntaxError: not valid JSON/],
    [
      'what is no JSON further on',
      async () => JSON.parse(`{"email":"${email}" x`),
      /SyntaxError: not valid JSON, at position 27/,
    ],
    ['what is no number', async () => BigInt(email), /SyntaxError: its message is not told/],
    [
      'a bad shape',
      async () => z.strictObject({ n: z.int() }).parse({ n: email, [email]: 1 }),
      /ZodError: not as declared: invalid_type at \/n, unrecognized_keys/,
    ],
    ['text that is taken for an object', async () => 'x' in (email as never), /TypeError: its message is not told/],
    [
      'nothing that is taken for an object',
      async () => (undefined as never as Error).message,
      /TypeError: Cannot read properties of undefined \(reading 'message'\)/,
    ],
    ['a wrong argument', async () => Buffer.from('', email as never), /TypeError/],
    ['what cannot be cloned', async () => structuredClone({ email, f: () => person.email }), /DataCloneError/],
  ];

  const expectSafe = (text: string): void => {
    for (const word of personal) expect(text).not.toContain(word);
  };

  /** In all the ways in which somebody may come to log it, nested or not. */
  const logged = (error: Error): string => {
    const nested = new Error('the step failed', { cause: error });
    const several = new AggregateError([error, nested], 'several failed', { cause: error });
    lines = '';
    for (const one of [error, nested, several, kernelFailure('kernel.unavailable', { cause: error })]) {
      logger.error(one);
      logger.error({ msg: 'failed', err: one });
      logger.error({ msg: 'failed', err: errorReport(one) });
      logger.error({ err: one });
      logger.warn({ msg: 'failed', reason: one });
      logger.error(`failed: ${errorText(one)}`, errorStack(one));
      logger.warn(`failed: ${errorMessage(one)}`);
      logger.warn('failed: %s', one);
    }
    return lines;
  };

  it.each(made)('%s', async (_, make, known) => {
    const error = await failing(make);
    const text = logged(error);
    expectSafe(text);
    expect(text.split('\n').length).toBeGreaterThan(30);
    expect(text.replaceAll(String.raw`\"`, '"')).toMatch(known);
    expect(errorText(error)).toMatch(known);
  });

  (TestRedis.isMissing ? it.skip : it)('Redis, whose errors carry the command', async () => {
    const server = await TestRedis.start();
    const redis = new Redis(server.url);
    try {
      await redis.set(name, street);
      const wrong = await failing(() => redis.lpush(name, JSON.stringify(person)));
      expectSafe(logged(wrong));
      expect(errorText(wrong)).toBe(
        'ReplyError: WRONGTYPE Operation against a key holding the wrong kind of value (lpush)',
      );
      const unknown = await failing(() => redis.call('nothing', email, `'${name}'`));
      expectSafe(logged(unknown));
      expect(errorText(unknown)).toBe('ReplyError: ERR unknown command (nothing)');
    } finally {
      redis.disconnect();
      await server.stop();
    }
  });

  it('with what tells where it came from: its cause, its table, and the frames of its stack', async () => {
    const error = await failing(() => client.query(insert, row));
    const told = errorReport(new Error('the step failed', { cause: error }));
    expect(told).toMatchObject({
      type: 'Error',
      message: 'the step failed',
      stack: expect.stringMatching(/^Error: the step failed\n +at .*error-report\.spec\.ts/),
      cause: {
        type: 'DatabaseError',
        code: '23514',
        message: '23514 check_violation: constraint no_hash of public.person',
        stack: expect.stringMatching(/^DatabaseError: 23514 .*\n +at /),
        severity: 'ERROR',
        schema: 'public',
        table: 'person',
        constraint: 'no_hash',
      },
    });
    expect(Object.keys(told.cause!).toSorted()).toEqual([
      'code',
      'constraint',
      'message',
      'routine',
      'schema',
      'severity',
      'stack',
      'table',
      'type',
    ]);
  });

  it('not at all, where it is none', () => {
    expect(errorText(person.email)).toBe('something was thrown that is no error');
    expect(errorReport(person)).toEqual({ type: 'object', message: 'something was thrown that is no error' });
    expectSafe(logged(new Error('wrapped', { cause: person })));
  });

  it('and not for ever, where an error is its own cause', () => {
    const error = new Error('one');
    error.cause = error;
    expect(JSON.stringify(errorReport(error)).match(/"type"/g)).toHaveLength(6);
  });

  it('whole, where the project wrote it', () => {
    expect(errorText(new Error('there is no order 7'))).toBe('Error: there is no order 7');
    expect(errorText(kernelFailure('kernel.forbidden'))).toBe(
      'Failure: The caller lacks the permission that this needs.',
    );
    const refused = Object.assign(new AggregateError([], ''), { code: 'ECONNREFUSED' });
    expect(errorText(refused)).toBe('AggregateError: ECONNREFUSED');
  });
});
