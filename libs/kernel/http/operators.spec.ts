import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import supertest from 'supertest';
import { KernelModule, Metrics, Readiness, Registry, sql } from '#kernel/core';
import { testDatabase, testKernelOptions } from '#kernel/testing';
import { SinkModule } from '#kernel/testing/trial';
import { createHttpApp } from './create-http-app.js';
import { HttpSettings } from './http-settings.js';
import { HttpModule } from './http.module.js';

@Controller('things')
class ThingsController {
  @Get(':id')
  look() {
    return {};
  }
}

let database: Awaited<ReturnType<typeof testDatabase>>;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.drop());

/** A process that answers operators alone, and one route to count. */
async function open(environment: Record<string, string> = {}): Promise<NestFastifyApplication> {
  const settings = { LOG_LEVEL: 'silent', ...environment };
  @Module({
    imports: [KernelModule.forRoot(testKernelOptions(database.url)), SinkModule, HttpModule.forRoot(settings)],
    controllers: [ThingsController],
  })
  class OperatedModule {}
  const app = await createHttpApp(OperatedModule, new HttpSettings(settings), { api: false });
  await app.listen(0, '127.0.0.1');
  return app;
}

describe('a process without API', () => {
  let app: NestFastifyApplication;
  const http = () => supertest(app.getHttpServer());
  beforeAll(async () => {
    app = await open();
  });
  afterAll(() => app.close());

  it('answers /health and /metrics, and documents nothing', async () => {
    for (const path of ['/health/live', '/health/startup', '/health/ready', '/metrics'])
      await http().get(path).expect(200);
    for (const path of ['/api/docs', '/api/openapi.json']) await http().get(path).expect(404);
  });

  it('is ready when all is well that it was told to look at', async () => {
    let wrong: string | undefined = 'away';
    app.get(Readiness).add('broker', () => wrong);
    const { body } = await http().get('/health/ready').expect(503);
    expect(body.details).toMatchObject({ broker: { status: 'down', message: 'away' }, sink: { status: 'up' } });
    wrong = undefined;
    expect((await http().get('/health/ready').expect(200)).body.info).toMatchObject({ broker: { status: 'up' } });
  });

  it('tells requests by route and status, in Prometheus’ format', async () => {
    await http().get('/api/things/1').expect(200);
    await http().get('/api/things/2').expect(200);
    await http().get('/nowhere').expect(404);
    const { text, headers } = await http().get('/metrics').expect(200);
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(text).toContain('# TYPE http_request_duration_seconds histogram');
    const things = '{method="GET",route="/api/things/:id",status="200"';
    for (const line of [
      `http_request_duration_seconds_count${things}} 2`,
      `http_request_duration_seconds_bucket${things},le="30"} 2`,
      `http_request_duration_seconds_bucket${things},le="+Inf"} 2`,
    ])
      expect(text.split('\n')).toContain(line);
    expect(text).toMatch(/^http_request_duration_seconds_count\{method="",route="",status="404"\} [1-9]/m);
    const seconds = /_sum\{method="GET",route="\/api\/things\/:id",status="200"\} (\S+)/.exec(text)?.[1];
    expect(Number(seconds)).toBeGreaterThan(0);
  });

  it('tells of the process itself', async () => {
    const { text } = await http().get('/metrics');
    for (const name of [
      'nodejs_eventloop_lag_p99_seconds',
      'process_resident_memory_bytes',
      'process_cpu_seconds_total',
    ])
      expect(text).toMatch(new RegExp(`^${name} \\S+$`, 'm'));
  });

  it('tells what could not be handled', async () => {
    await app
      .get(Registry)
      .databases.get('sink')!
      .query(
        sql`insert into inbox_parked (message_id, subscriber, publisher, key, name, payload, correlation_id, at, dead)
            values ('0199f3a2-7c1e-7abc-8def-0123456789ab', 'sink.counting', 'source', 'a', 'source.counted.v1', '{}', 'c', now(), true)`,
      );
    const { text } = await http().get('/metrics');
    expect(text).toContain('inbox_parked_messages{context="sink",subscriber="sink.counting",state="dead"} 1\n');
  });

  it('tells what its parts add, and leaves out what cannot be read', async () => {
    const gauge = { help: 'Something.', type: 'gauge' as const };
    app.get(Metrics).add(
      { name: 'parts_own', ...gauge, read: () => [{ value: 7, labels: { context: 'sink' } }] },
      {
        name: 'parts_broken',
        ...gauge,
        read: () => {
          throw new Error('away');
        },
      },
    );
    const { text } = await http().get('/metrics').expect(200);
    expect(text).toContain('# HELP parts_own Something.\n# TYPE parts_own gauge\nparts_own{context="sink"} 7\n');
    expect(text).not.toMatch(/^parts_broken/m);
  });
});

describe('/metrics', () => {
  it.each<[string, Record<string, string>, Record<string, string>, number]>([
    ['answers this machine', {}, {}, 200],
    ['answers a private network behind a proxy', { 'x-forwarded-for': '10.1.2.3' }, {}, 200],
    ['is not there for strangers', { 'x-forwarded-for': '192.0.2.7' }, {}, 404],
    ['is not there for strangers behind two proxies', { 'x-forwarded-for': '192.0.2.7, 10.1.2.3' }, {}, 404],
    [
      'is not there for strangers, of two proxies of whom one is trusted',
      { 'x-forwarded-for': '192.0.2.7, 10.1.2.3' },
      { TRUST_PROXY: 'loopback' },
      404,
    ],
    ['is not there behind a proxy that it does not understand', { forwarded: 'for=10.1.2.3' }, {}, 404],
    ['is everybody’s where that is wanted', { 'x-forwarded-for': '192.0.2.7' }, { METRICS_PUBLIC: 'on' }, 200],
  ])('%s', async (_, headers, environment, status) => {
    const app = await open(environment);
    const { statusCode, body } = await supertest(app.getHttpServer()).get('/metrics').set(headers);
    await app.close();
    expect([statusCode, body.code]).toEqual([status, status === 404 ? 'http.not_found' : undefined]);
  });
});
