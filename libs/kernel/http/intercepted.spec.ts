import { AsyncLocalStorage } from 'node:async_hooks';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Body, Controller, Get, Module, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import supertest from 'supertest';
import { callContext, type EdgeRequest, type Interceptor, KernelModule } from '#kernel/core';
import { testDatabase, testKernelOptions, until } from '#kernel/testing';
import { Count, CountAsAdmin, SinkModule, SourceModule } from '#kernel/testing/trial';
import { Answers } from './answers.js';
import { createHttpApp } from './create-http-app.js';
import { HttpModule } from './http.module.js';

const storage = new AsyncLocalStorage<string>();
let seen: { operation: string | undefined; correlationId: string; status?: number }[] = [];
let fails: 'before' | 'after' | undefined;

/** Opens a storage for each request, as a tracer does, and puts a header into its flow. */
const interceptor: Interceptor = {
  async request(request: EdgeRequest, next) {
    if (fails === 'before') throw new Error('the secret is swordfish');
    const { operation, correlationId, headers } = request;
    const entry: (typeof seen)[number] = { operation, correlationId };
    seen.push(entry);
    const { status } = await storage.run(correlationId, () =>
      next({ ...request, flow: { language: String(headers['accept-language']) } }),
    );
    entry.status = status;
    if (fails === 'after') throw new Error('too late');
    return { status };
  },
};

@Controller({ path: 'things', version: '1' })
class ThingsController {
  constructor(private readonly commands: CommandBus) {}

  @Get()
  list() {
    return { stored: storage.getStore(), headers: callContext()!.headers };
  }

  @Post()
  @Answers(201, Count, { summary: 'Counts.' })
  async count(@Body({ schema: Count.input }) input: Count) {
    const { n } = await this.commands.execute(new Count(input));
    return { n, stored: storage.getStore(), headers: callContext()!.headers };
  }

  @Post('admin')
  @Answers(200, CountAsAdmin, { summary: 'Counts, for some.' })
  admin(@Body({ schema: CountAsAdmin.input }) input: CountAsAdmin) {
    return this.commands.execute(new CountAsAdmin(input));
  }
}

@Module({})
class InterceptedApp {
  static on(databaseUrl: string) {
    return {
      module: InterceptedApp,
      imports: [
        KernelModule.forRoot(testKernelOptions(databaseUrl, { interceptors: [interceptor] })),
        HttpModule.forRoot({ LOG_LEVEL: 'silent' }),
        SourceModule,
        SinkModule,
      ],
      controllers: [ThingsController],
    };
  }
}

describe('an interceptor of requests', () => {
  let database: Awaited<ReturnType<typeof testDatabase>>;
  let app: NestFastifyApplication;
  const http = () => supertest(app.getHttpServer());
  const things = '/api/v1/things';

  beforeAll(async () => {
    database = await testDatabase();
    app = await createHttpApp(InterceptedApp.on(database.url), undefined, { api: false });
    await app.listen(0, '127.0.0.1');
  });
  afterEach(() => {
    seen = [];
    fails = undefined;
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  it('stands around handlers, whose code runs in what it has opened, also behind a body', async () => {
    const large = 'x'.repeat(300_000); // comes in several pieces
    for (const answer of [
      await http().get(things).set('accept-language', 'de').expect(200),
      await http().post(things).set('accept-language', 'de').send({ key: 'a', large }).expect(201),
    ])
      expect(answer.body).toMatchObject({ stored: answer.headers['x-request-id'], headers: { language: 'de' } });
    await until(() => seen.every(({ status }) => status !== undefined));
    expect(seen).toMatchObject([
      { operation: 'GET /api/v1/things', status: 200 },
      { operation: 'POST /api/v1/things', status: 201 },
    ]);
  });

  it('sees what is refused, and what nothing answers to', async () => {
    const answers = [
      await http().post(things).send({ key: 5 }).expect(422),
      await http().post(things).type('json').send('{').expect(400),
      await http().get('/api/v1/nothing').expect(404),
    ];
    await until(() => seen.length === 3 && seen.every(({ status }) => status !== undefined));
    expect(seen.map(({ operation, status }) => [operation, status])).toEqual([
      ['POST /api/v1/things', 422],
      ['POST /api/v1/things', 400],
      [undefined, 404],
    ]);
    expect(seen.map(({ correlationId }) => correlationId)).toEqual(
      answers.map(({ headers }) => headers['x-request-id']),
    );
  });

  it('that fails is told as every unexpected error; after the answer it changes nothing', async () => {
    fails = 'before';
    const { body } = await http().get(things).expect(500);
    expect(body).toMatchObject({ code: 'internal' });
    expect(JSON.stringify(body)).not.toContain('swordfish');
    fails = 'after';
    await http().get(things).expect(200);
    await http().get(things).expect(200);
  });
});
