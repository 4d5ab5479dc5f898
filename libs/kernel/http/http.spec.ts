import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Body, Controller, Get, Module, Param, Post, Put, Query } from '@nestjs/common';
import { CommandBus, type IQueryHandler, QueryBus, QueryHandler } from '@nestjs/cqrs';
import { JwtService } from '@nestjs/jwt';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import supertest from 'supertest';
import * as z from 'zod';
import { callContext, KernelModule, owns, Registry, sql } from '#kernel/core';
import type { GuestToken } from '#kernel/edge';
import { anyone, Failure, owner, permission, query, text, Uuid } from '#kernel/messages';
import { testDatabase, testKernelOptions, until } from '#kernel/testing';
import { Break, Count, CountAsAdmin, CountMine, SinkModule, SourceModule } from '#kernel/testing/trial';
import { Answers } from './answers.js';
import type { Upload } from './body-parsers.js';
import { idOr } from './contract.pipe.js';
import { createHttpApp } from './create-http-app.js';
import { HttpSettings } from './http-settings.js';
import { HttpModule } from './http.module.js';
import { Lifecycle } from './lifecycle.js';

const Jwk = z.object({ kty: text(), crv: text(), x: text(), y: text(), kid: text(), alg: text(), use: text() });
class TrialJwks extends query('source.jwks.v1', {
  access: anyone,
  input: z.object({}),
  output: z.object({ keys: z.array(Jwk) }),
}) {}
class Look extends query('source.look.v1', {
  access: anyone,
  input: z.object({ id: Uuid, name: text().max(300), limit: z.int().min(1).max(100).default(20) }),
  output: z.object({ id: Uuid, name: text(), limit: z.int() }),
  errors: { 'source.not_found': { status: 404, message: 'There is no such thing.' } },
}) {}
class WhoAmI extends query('source.who-am-i.v1', {
  access: owner('look'),
  input: z.object({}),
  output: z.object({
    kind: text(),
    id: text(),
    owners: z.array(text()),
    permissions: z.array(text()),
    traceId: text(),
  }),
}) {}
class Secret extends query('source.secret.v1', {
  access: permission('secrets'),
  input: z.object({}),
  output: z.object({ size: z.int() }),
}) {}

/** A signing key with its public half as a JWK. */
const signer = (kid: string): { kid: string; privateKey: KeyObject; jwk: z.infer<typeof Jwk> } => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  return { kid, privateKey, jwk: { kty: 'EC', crv: 'P-256', x, y, kid, alg: 'ES256', use: 'sig' } };
};
const known = [signer('one')];

@QueryHandler(TrialJwks)
class TrialJwksHandler implements IQueryHandler<TrialJwks> {
  async execute() {
    return { keys: known.map(({ jwk }) => jwk) };
  }
}

@QueryHandler(Look)
class LookHandler implements IQueryHandler<Look> {
  async execute({ id, name, limit }: Look) {
    if (name === 'none') throw Look.failure('source.not_found');
    return { id, name, limit };
  }
}

@QueryHandler(WhoAmI)
class WhoAmIHandler implements IQueryHandler<WhoAmI> {
  async execute() {
    owns(undefined);
    const { principal, correlationId } = callContext()!;
    return {
      ...principal,
      owners: [...principal.owners],
      permissions: [...principal.permissions],
      traceId: correlationId,
    };
  }
}

const thingId = idOr(() => Look.failure('source.not_found'));
const Rest = Look.input.pick({ limit: true });

@Controller({ path: 'things', version: '1' })
class ThingsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get('me')
  @Answers(200, WhoAmI, { summary: 'Who asks.' })
  me() {
    return this.queries.execute(new WhoAmI({}));
  }

  @Get('old')
  @Answers(200, WhoAmI, {
    summary: 'Who asks, as it was.',
    deprecated: { since: '2026-12-31', sunset: '2027-06-30', link: 'https://cleave.example/things' },
  })
  old() {
    return this.queries.execute(new WhoAmI({}));
  }

  @Get(':id/:name')
  @Answers(200, Look, { summary: 'Looks.' })
  look(
    @Param('id', thingId) id: string,
    @Param('name', { schema: Look.input.shape.name }) name: string,
    @Query({ schema: Rest }) { limit }: z.infer<typeof Rest>,
  ) {
    return this.queries.execute(new Look({ id, name, limit }));
  }

  @Post()
  @Answers(201, Count, { summary: 'Counts.' })
  count(@Body({ schema: Count.input }) input: Count) {
    return this.commands.execute(new Count(input));
  }

  @Post('charged')
  @Answers(202, CountMine, { summary: 'Counts, with a key.', idempotencyKey: 'required' })
  charge(@Body({ schema: CountMine.input }) input: CountMine) {
    return this.commands.execute(new CountMine(input));
  }

  @Put('admin')
  @Answers(200, CountAsAdmin, { summary: 'Counts, for some.' })
  admin(@Body({ schema: CountAsAdmin.input }) input: CountAsAdmin) {
    return this.commands.execute(new CountAsAdmin(input));
  }

  @Post('break')
  @Answers(200, Break, { summary: 'Breaks.' })
  break(@Body({ schema: Break.input }) input: Break) {
    return this.commands.execute(new Break(input));
  }

  @Post('bug')
  async bug() {
    throw new Error('the secret is 42');
  }

  @Post('bug/:status')
  async later(@Param('status') status: string, @Query('seconds') seconds?: string) {
    const details = seconds === undefined ? undefined : { retryAfter: Number(seconds) };
    throw new Failure({ code: 'source.later', message: 'Later.', status: Number(status), retryable: false, details });
  }

  @Post('raw')
  @Answers(200, Count, { summary: 'Any bytes.', body: 'text', answer: z.object({ raw: z.string() }) })
  async raw(@Body() raw: string | undefined) {
    return { raw: raw ?? 'nothing' };
  }

  @Post('table')
  @Answers(200, Secret, { summary: 'A table.', body: { 'text/csv': 'a,b' } })
  async table(@Body() { bytes }: Upload) {
    return { size: (await readText(bytes)).length };
  }
}

let url: string;

const guest: GuestToken = { header: 'X-Guest', scheme: 'guestToken', description: 'A guest’s.', what: 'a token' };

@Module({})
class TrialApp {
  static on(databaseUrl: string) {
    return {
      module: TrialApp,
      imports: [
        KernelModule.forRoot(testKernelOptions(databaseUrl)),
        HttpModule.forRoot({ LOG_LEVEL: 'silent' }, { jwks: TrialJwks, about: 'A trial.', guest }),
        SourceModule,
        SinkModule,
      ],
      controllers: [ThingsController],
      providers: [TrialJwksHandler, LookHandler, WhoAmIHandler],
    };
  }
}

describe('the HTTP edge', () => {
  let database: Awaited<ReturnType<typeof testDatabase>>;
  let app: NestFastifyApplication;
  const id = '0199f3a2-7c1e-7abc-8def-0123456789ab';
  const http = () => supertest(url);
  const things = '/api/v1/things';

  beforeAll(async () => {
    database = await testDatabase();
    app = await createHttpApp(TrialApp.on(database.url));
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  describe('errors', () => {
    const wrong: [string, () => supertest.Test, number, string, string[]?][] = [
      ['a body that is not JSON', () => http().post(things).type('json').send('{"key"'), 400, 'http.bad_json'],
      ['no body', () => http().post(things), 422, 'kernel.invalid_input', ['']],
      ['an empty JSON body', () => http().post(things).type('json').send(''), 422, 'kernel.invalid_input', ['']],
      ['a body of the wrong shape', () => http().post(things).send({ key: 7 }), 422, 'kernel.invalid_input', ['/key']],
      [
        'a body with a field that nobody knows',
        () => http().post(things).send({ key: 'a', 'k/y': 'b' }),
        422,
        'kernel.invalid_input',
        ['/k~1y'],
      ],
      [
        'a body with a misspelt field',
        () => http().post(things).send({ kez: 'a' }),
        422,
        'kernel.invalid_input',
        ['/key', '/kez'],
      ],
      ['U+0000 in a body', () => http().post(things).send({ key: 'a\0b' }), 422, 'kernel.invalid_input', ['/key']],
      [
        'another content type',
        () => http().post(things).type('text/plain').send('key=a'),
        415,
        'http.unsupported_media_type',
      ],
      ['a form', () => http().post(things).type('form').send('key=a'), 415, 'http.unsupported_media_type'],
      [
        'a table where JSON is wanted',
        () => http().post(things).type('text/csv').send('a,b'),
        415,
        'http.unsupported_media_type',
      ],
      [
        'JSON where a table is wanted',
        () => http().post(`${things}/table`).send({}),
        415,
        'http.unsupported_media_type',
      ],
      [
        'a body that is compressed',
        () => http().post(things).set('Content-Encoding', 'gzip').send({ key: 'a' }),
        415,
        'http.unsupported_encoding',
      ],
      [
        'a body in another charset',
        () => http().post(things).set('Content-Type', 'application/json; Charset="iso-8859-1"').send('{"key":"a"}'),
        415,
        'http.unsupported_encoding',
      ],
      [
        'a body over 1 MiB',
        () =>
          http()
            .post(things)
            .send({ key: 'x'.repeat(1_100_000) }),
        413,
        'http.payload_too_large',
      ],
      [
        'a body with more fields than any request needs',
        () =>
          http()
            .post(things)
            .send({ key: 'a', ...fieldsUpTo(60_000) }),
        413,
        'http.payload_too_large',
      ],
      [
        'a body with more fields within than any request needs',
        () =>
          http()
            .post(things)
            .send({ key: 'a', within: [fieldsUpTo(60_000)] }),
        413,
        'http.payload_too_large',
      ],
      [
        'a body of more levels than any request needs',
        () =>
          http()
            .post(things)
            .type('json')
            .send(`{"key":${'['.repeat(500_000)}${']'.repeat(500_000)}}`),
        413,
        'http.payload_too_large',
      ],
      [
        'a body with many fields that nobody knows',
        () =>
          http()
            .post(things)
            .send({ key: 'a', ...fieldsUpTo(999) }),
        422,
        'kernel.invalid_input',
        Array.from({ length: 20 }, (_, at) => `/field${at}`),
      ],
      ['an unknown address', () => http().get('/api/v1/nothing?secret=1'), 404, 'http.not_found'],
      ['an unknown address outside of the API', () => http().get('/nothing'), 404, 'http.not_found'],
      ['a method that is not there', () => http().delete(things), 405, 'http.method_not_allowed'],
      ['an address that is no URL', () => http().get(`${things}/${id}/%E0%A4%A`), 400, 'http.bad_request'],
      [
        'a segment that is far too long',
        () => http().get(`${things}/${id}/${'x'.repeat(600)}`),
        414,
        'http.uri_too_long',
      ],
      [
        'a path of the wrong shape',
        () => http().get(`${things}/${id}/${'x'.repeat(301)}`),
        422,
        'kernel.invalid_input',
        ['/path/name'],
      ],
      ['U+0000 in a path', () => http().get(`${things}/${id}/a%00b`), 422, 'kernel.invalid_input', ['/path/name']],
      ['U+0000 in an id', () => http().get(`${things}/a%00b/x`), 422, 'kernel.invalid_input', ['/path/id']],
      ['a malformed id', () => http().get(`${things}/7/x`), 404, 'source.not_found'],
      ['a thing that is not there', () => http().get(`${things}/${id}/none`), 404, 'source.not_found'],
      [
        'a query out of bounds',
        () => http().get(`${things}/${id}/x?limit=101`),
        422,
        'kernel.invalid_input',
        ['/query/limit'],
      ],
      [
        'a query that is no number',
        () => http().get(`${things}/${id}/x?limit=many`),
        422,
        'kernel.invalid_input',
        ['/query/limit'],
      ],
      [
        'a query given twice',
        () => http().get(`${things}/${id}/x?limit=1&limit=2`),
        422,
        'kernel.invalid_input',
        ['/query/limit'],
      ],
      ['a missing permission', () => http().put(`${things}/admin`).send({ key: 'a' }), 401, 'kernel.unauthenticated'],
      ['a handler that fails', () => http().post(`${things}/break`).send({ how: 'unexpected' }), 500, 'internal'],
      ['an edge that fails', () => http().post(`${things}/bug`), 500, 'internal'],
    ];

    it.each(wrong)('answers %s with problem details', async (_, request, status, code, ...[pointers]) => {
      const { body, headers, statusCode, text } = await request();
      expect([statusCode, body.code]).toEqual([status, code]);
      expect(headers['content-type']).toMatch(/^application\/problem\+json/);
      expect(body).toMatchObject({
        type: `urn:cleave:error:${code}`,
        status,
        title: expect.any(String),
        detail: expect.any(String),
        traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
      });
      expect(body.errors?.map(({ pointer }: { pointer: string }) => pointer)).toEqual(pointers);
      expect(text).not.toMatch(/secret|at .*\.ts/);
      expect(headers['www-authenticate']).toBe(status === 401 ? 'Bearer' : undefined);
    });

    it('tells the details that a contract declares', async () => {
      await app
        .get(Registry)
        .databases.get('source')!
        .query(sql`insert into counter (key, n) values ('full', 1000)`);
      const { body } = await http().post(things).send({ key: 'full' });
      expect(body).toMatchObject({
        code: 'source.too_many',
        title: 'Too many',
        status: 409,
        details: { limit: 1_000 },
      });
    });

    it('says which methods an address takes, where another was tried', async () => {
      const allow = async (method: 'get' | 'put' | 'patch' | 'options' | 'head', path: string) =>
        (await http()[method](path).expect(405)).headers['allow'];
      expect(await allow('get', `${things}?a=b`)).toBe('POST');
      expect(await allow('head', things)).toBe('POST');
      expect(await allow('options', `${things}/${id}/a%2Fb`)).toBe('GET, HEAD');
      expect(await allow('patch', `${things}/me`)).toBe('GET, HEAD');
      expect(await allow('put', '/health/live')).toBe('GET, HEAD');
      await http().put(`${things}/${id}/`).expect(404);
      await http().put(`${things}/`).expect(404);
    });

    it('takes a body in UTF-8, also where it says so', async () => {
      for (const type of ['application/json; charset=utf-8', 'application/json;charset="UTF-8"'])
        await http()
          .post(things)
          .set('Content-Type', type)
          .set('Content-Encoding', 'identity')
          .send('{"key":"utf"}')
          .expect(201);
    });

    it('says when to come again, where that is known and is any use', async () => {
      const wait = async (query: string) => (await http().post(`${things}/bug/${query}`)).headers['retry-after'];
      expect(await wait('429?seconds=90')).toBe('90');
      expect(await wait('503?seconds=1.5')).toBe('2');
      expect(await wait('429')).toBe('1');
      expect(await wait('409?seconds=90')).toBeUndefined();
    });

    it('answers headers over 16 KiB, and what is no HTTP at all, on the socket', async () => {
      expect(await raw(`GET / HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(20_000)}\r\n\r\n`)).toMatch(
        /^HTTP\/1\.1 431 [^]*"code":"http.headers_too_large"/,
      );
      expect(await raw('hello\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 [^]*"code":"http.bad_request"/);
    });

    it.each([
      ['no HTTP', 'BOGUS\r\n\r\n'],
      ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
      ['headers over 16 KiB', `GET / HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(20_000)}\r\n\r\n`],
      ['a wrong chunk', 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnone\r\n'],
      ['CONNECT', 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n'],
      [
        'a body over 1 MiB',
        `POST ${things} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2000000\r\n\r\n{`,
      ],
    ])('closes the connection of who sends %s, also where the client neither reads nor hangs up', async (_, bytes) => {
      const { server, clients } = await deaf(bytes);
      await until(() => server.every((socket) => socket.destroyed));
      for (const client of clients) client.destroy();
    });

    it('closes the connection whose request came too slowly, also where the client neither reads nor hangs up', async () => {
      const { server, clients } = await deaf('GET / HTTP/1.1\r\n');
      const late = Object.assign(new Error('late'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
      for (const socket of server) app.getHttpServer().emit('clientError', late, socket);
      await until(() => server.every((socket) => socket.destroyed));
      for (const client of clients) client.destroy();
    });

    it('lets who still sends what is no request read why it was refused', async () => {
      const { server, clients } = await deaf('GET / HTTP/1.1\r\n');
      const wrong = Object.assign(new Error('wrong'), { code: 'HPE_HEADER_OVERFLOW' });
      for (const _ of ['a part', 'the next part'])
        for (const socket of server) app.getHttpServer().emit('clientError', wrong, socket);
      expect(server.map((socket) => socket.destroyed)).toEqual(server.map(() => false));
      for (const client of clients) expect(await readText(client.resume().end())).toMatch(/^HTTP\/1\.1 431 /);
    });

    it('lets who is still sending read why it was refused, before it hangs up', async () => {
      const body = 'x'.repeat(20_000_000);
      const head = `Host: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close`;
      for (const _ of Array.from({ length: 5 }))
        expect(await raw(`POST ${things} HTTP/1.1\r\n${head}\r\n\r\n${body}`)).toMatch(
          /^HTTP\/1\.1 413 [^]*"code":"http.payload_too_large"/,
        );
    });

    it('takes half of a surrogate pair for U+FFFD, as broken UTF-8 is taken', async () => {
      await http()
        .post(things)
        .type('json')
        .send(String.raw`{"key":"half \ud83d"}`)
        .expect(201);
      const rows = await app
        .get(Registry)
        .databases.get('source')!
        .query(sql`select key from counter where key like 'half%'`);
      expect(rows).toEqual([{ key: 'half \ufffd' }]);
    });
  });

  describe('requests', () => {
    it('reads ids, names with a slash or a percent sign, and whole numbers from the address', async () => {
      const { body } = await http().get(`${things}/${id}/A%2FB%20100%25?limit=7`).expect(200);
      expect(body).toEqual({ id, name: 'A/B 100%', limit: 7 });
    });

    it('reads a name of 300 characters of any script', async () => {
      const name = 'ส'.repeat(300);
      expect(
        (
          await http()
            .get(`${things}/${id}/${encodeURIComponent(name)}`)
            .expect(200)
        ).body.name,
      ).toBe(name);
    });

    it('passes a body on as it came where the route says text', async () => {
      for (const type of [
        'application/json',
        'text/plain',
        'application/x-www-form-urlencoded',
        'application/octet-stream',
      ]) {
        expect((await http().post(`${things}/raw`).type(type).send('{"a" : 1}')).body).toEqual({ raw: '{"a" : 1}' });
      }
      expect((await http().post(`${things}/raw`).expect(200)).body).toEqual({ raw: 'nothing' });
    });

    it('streams a table to those who may send one, and refuses others before they have sent it', async () => {
      await http().post(`${things}/table`).type('text/csv').send('a,b').expect(401);
      await http()
        .post(`${things}/table`)
        .set(bearer({ permissions: [] }))
        .type('text/csv')
        .send('a,b')
        .expect(403);
      const large = 'a,b\n'.repeat(1_000_000);
      expect(
        (
          await http()
            .post(`${things}/table`)
            .set(bearer({ permissions: ['secrets'] }))
            .type('text/csv')
            .send(large)
            .expect(200)
        ).body,
      ).toEqual({ size: large.length });
      const lines = http()
        .post(`${things}/table`)
        .set(bearer({ permissions: ['secrets'] }))
        .type('application/x-ndjson')
        .send('{}');
      expect((await lines.expect(415)).body.code).toBe('http.unsupported_media_type');
      const refusal = await raw(
        `POST ${things}/table HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nContent-Length: 100000000\r\n\r\na,b`,
        /kernel.unauthenticated/,
      );
      expect(refusal).toMatch(/^HTTP\/1\.1 401/);
    });

    it('carries a command out once for an idempotency key, and answers a repeat alike', async () => {
      const send = (key: string, body: object) => http().post(things).set('Idempotency-Key', key).send(body);
      const first = await send('k1', { key: 'idempotent' }).expect(201);
      expect((await send('k1', { key: 'idempotent' }).expect(201)).body).toEqual(first.body);
      expect((await send('k1', { key: 'another' }).expect(422)).body.code).toBe('kernel.call_id_reused');
      expect((await send('k2', { key: 'idempotent' }).expect(201)).body.n).toBe(first.body.n + 1);
    });

    it('keeps the idempotency keys of guests apart', async () => {
      const send = (token: string) =>
        http().post(things).set('Idempotency-Key', 'shared').set('X-Guest', token).send({ key: 'guests' });
      expect([(await send('a')).body.n, (await send('b')).body.n, (await send('a')).body.n]).toEqual([1, 2, 1]);
    });

    it('refuses an idempotency key that is malformed, or missing where it is required', async () => {
      const send = (key: string) => http().post(things).set('Idempotency-Key', key).send({ key: 'k' });
      expect((await send('').expect(400)).body.code).toBe('http.idempotency_key_invalid');
      expect((await send('x'.repeat(256)).expect(400)).body.code).toBe('http.idempotency_key_invalid');
      expect((await send('ü').expect(400)).body.code).toBe('http.idempotency_key_invalid');
      expect((await http().post(`${things}/charged`).send({ key: 'k', ask: false }).expect(400)).body.code).toBe(
        'http.idempotency_key_required',
      );
    });

    it('goes on with the trace of its caller, and begins one otherwise', async () => {
      const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
      const me = (traceparent?: string) =>
        http()
          .get(`${things}/me`)
          .set(traceparent === undefined ? {} : { traceparent });
      const given = await me(`00-${trace}-00f067aa0ba902b7-01`);
      expect([given.headers['x-request-id'], given.body.traceId]).toEqual([trace, trace]);
      for (const malformed of [
        undefined,
        'nonsense',
        `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
        `ff-${trace}-00f067aa0ba902b7-01`,
      ]) {
        const { headers, body } = await me(malformed);
        expect(headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/);
        expect(headers['x-request-id']).not.toBe(trace);
        expect(body.traceId).toBe(headers['x-request-id']);
      }
    });

    it('says of what will go since when, until when, and where to read more', async () => {
      const { headers } = await http().get(`${things}/old`).expect(200);
      expect(headers).toMatchObject({
        deprecation: '@1798675200',
        sunset: 'Wed, 30 Jun 2027 00:00:00 GMT',
        link: '<https://cleave.example/things>; rel="deprecation"',
      });
    });

    it('answers HEAD as GET, without its body', async () => {
      const path = `${things}/${id}/x`;
      const [{ headers: given, text: none }, { headers }] = [
        await http().head(path).expect(200),
        await http().get(path),
      ];
      expect([none, given['content-length'], given['content-type']]).toEqual([
        undefined,
        headers['content-length'],
        headers['content-type'],
      ]);
    });

    it('keeps idle connections for longer than clients are told, and than a load balancer does', async () => {
      const { headers } = await http().get(`${things}/me`).set('X-Guest', 'a').set('Connection', 'keep-alive');
      expect(headers['keep-alive']).toBe('timeout=4');
      const { keepAliveTimeout, keepAliveTimeoutBuffer } = app.getHttpServer();
      expect(keepAliveTimeout + keepAliveTimeoutBuffer).toBeGreaterThan(60_000);
    });

    it('keeps the call contexts of concurrent requests apart', async () => {
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, index) => http().get(`${things}/me`).set('X-Guest', `t${index}`)),
      );
      expect(new Set(answers.map(({ body }) => body.id)).size).toBe(50);
      for (const { body, headers } of answers) expect(body.traceId).toBe(headers['x-request-id']);
    });
  });

  describe('pages of other origins', () => {
    const shop = 'https://shop.example';
    let open: NestFastifyApplication;

    beforeAll(async () => {
      open = await createHttpApp(TrialApp.on(database.url), new HttpSettings({ CORS_ORIGINS: shop }));
      await open.listen(0, '127.0.0.1');
    });
    afterAll(() => open.close());

    const preflight = async (server: string, origin: string) => {
      const asked = {
        Origin: origin,
        'Access-Control-Request-Method': 'PUT',
        'Access-Control-Request-Headers': 'authorization',
      };
      const { status, headers } = await supertest(server).options(`${things}/admin`).set(asked);
      const { 'access-control-allow-origin': allowed, 'access-control-allow-methods': methods } = headers;
      return { status, allowed, methods, requested: headers['access-control-allow-headers'] };
    };

    it('may call the API where the settings name them', async () => {
      const server = await open.getUrl();
      expect(await preflight(server, shop)).toEqual({
        status: 204,
        allowed: shop,
        methods: expect.stringContaining('PUT'),
        requested: 'authorization',
      });
      const { headers } = await supertest(server).get(`${things}/${id}/x`).set('Origin', shop).expect(200);
      expect(headers).toMatchObject({ 'access-control-allow-origin': shop, vary: 'Origin' });
      for (const name of ['ETag', 'Location', 'RateLimit', 'Retry-After', 'X-Request-Id'])
        expect(headers['access-control-expose-headers']).toMatch(new RegExp(`\\b${name}\\b`));
      expect(headers).not.toHaveProperty('access-control-allow-credentials');
      // An error has to be readable too.
      const wrong = await supertest(server).get(`${things}/${id}/none`).set('Origin', shop).expect(404);
      expect(wrong.headers['access-control-allow-origin']).toBe(shop);
      await supertest(server).delete(things).set('Origin', shop).expect(405).expect('Allow', 'POST');
    });

    it('may not where they do not', async () => {
      expect((await preflight(await open.getUrl(), 'https://elsewhere.example')).allowed).toBeUndefined();
      expect(await preflight(url, shop)).toMatchObject({ status: 405, allowed: undefined });
    });
  });

  describe('principals', () => {
    const me = (headers: Record<string, string>) => http().get(`${things}/me`).set(headers);
    const guest = 'guest:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'; // sha256 of "test"

    it('knows nobody without a token', async () => {
      expect((await me({})).body).toMatchObject({ kind: 'anonymous', id: 'anonymous', owners: [], permissions: [] });
    });

    it('knows a guest by the hash of the cart’s token', async () => {
      expect((await me({ 'X-Guest': 'test' })).body).toMatchObject({
        kind: 'anonymous',
        id: guest,
        owners: [guest],
      });
    });

    it('knows a user by a token, and a user with a guest’s cart as both', async () => {
      expect((await me(bearer({ permissions: ['a'] }))).body).toMatchObject({
        kind: 'user',
        id,
        owners: [`user:${id}`],
        permissions: ['a'],
      });
      expect((await me({ ...bearer({}), 'X-Guest': 'test' })).body).toMatchObject({
        kind: 'user',
        id,
        owners: [`user:${id}`, guest],
      });
    });

    const forged: [string, () => Record<string, string>][] = [
      ['expired', () => bearer({ expiresIn: -10 })],
      ['of another issuer', () => bearer({ issuer: 'somebody' })],
      ['for another audience', () => bearer({ audience: 'somebody' })],
      ['signed by another key of the same name', () => bearer({ by: signer('one') })],
      ['signed by an unknown key', () => bearer({ by: signer('unknown') })],
      ['without permissions', () => bearer({ permissions: undefined })],
      ['without a user', () => bearer({ subject: 'somebody' })],
      [
        'without a signature',
        () => ({
          Authorization: `Bearer ${new JwtService().sign({ permissions: [] }, { algorithm: 'none', secret: '', ...common })}`,
        }),
      ],
      [
        'signed with the public key as a secret',
        () => ({
          Authorization: `Bearer ${new JwtService().sign({ permissions: [] }, { algorithm: 'HS256', secret: JSON.stringify(known[0]!.jwk), keyid: 'one', ...common })}`,
        }),
      ],
      ['that is none', () => ({ Authorization: 'Bearer nonsense' })],
      ['of another scheme', () => ({ Authorization: 'Basic YTpi' })],
      ['that is empty', () => ({ Authorization: '' })],
      ['with another behind it', () => ({ Authorization: `${bearer({})['Authorization']} x` })],
    ];
    it.each(forged)('refuses a token %s, also where none is needed', async (_, headers) => {
      const { body, status } = await http().get(`${things}/${id}/x`).set(headers());
      expect([status, body.code]).toEqual([401, 'kernel.unauthenticated']);
    });

    it('refuses two tokens, for who stands before us may have checked the other one', async () => {
      const { Authorization: token } = bearer({});
      const answer = await raw(
        `GET ${things}/me HTTP/1.1\r\nHost: x\r\nAuthorization: ${token}\r\nAuthorization: ${token}\r\nConnection: close\r\n\r\n`,
      );
      expect(answer).toMatch(/^HTTP\/1\.1 401 [^]*www-authenticate: Bearer error="invalid_token"/i);
    });

    it('lets a permission open what needs it', async () => {
      await http()
        .put(`${things}/admin`)
        .set(bearer({ permissions: ['other'] }))
        .send({ key: 'a' })
        .expect(403);
      await http()
        .put(`${things}/admin`)
        .set(bearer({ permissions: ['count'] }))
        .send({ key: 'a' })
        .expect(200);
    });
  });

  describe('the documentation', () => {
    let document: OpenAPIObject;
    beforeEach(async () => {
      document = (await http().get('/api/openapi.json').expect(200)).body;
    });
    const operations = () =>
      Object.entries(document.paths).flatMap(([path, item]) =>
        Object.entries(item).map(([method, operation]) => ({ name: `${method} ${path}`, ...operation })),
      );

    it('is OpenAPI 3.1, its operations named after their messages', () => {
      expect(document.openapi).toBe('3.1.0');
      const names = operations()
        .filter(({ name }) => !name.includes('bug'))
        .map(({ operationId }) => operationId);
      expect(names.toSorted((one = '', other = '') => one.localeCompare(other))).toEqual([
        'break',
        'count',
        'count',
        'countAsAdmin',
        'countMine',
        'look',
        'secret',
        'whoAmI',
        'whoAmI',
      ]);
      expect(
        operations()
          .filter(({ deprecated }) => deprecated)
          .map(({ name }) => name),
      ).toEqual([`get ${things}/old`]);
    });

    it('tells each status with its codes', () => {
      const { responses } = document.paths[things]!.post!;
      expect(Object.keys(responses)).toEqual(
        expect.arrayContaining([
          '201',
          '400',
          '401',
          '408',
          '409',
          '413',
          '415',
          '422',
          '429',
          '431',
          '500',
          '503',
          '504',
        ]),
      );
      expect(responses['409']).toMatchObject({
        content: {
          'application/problem+json': {
            schema: {
              allOf: [
                { $ref: '#/components/schemas/Problem' },
                {
                  properties: {
                    code: { enum: ['source.too_many'] },
                    details: { properties: { limit: { type: 'integer' } } },
                  },
                },
              ],
            },
          },
        },
      });
      for (const { name, responses: answers } of operations().filter((operation) => !operation.name.includes('bug'))) {
        expect([name, Object.keys(answers)]).toEqual([
          name,
          expect.arrayContaining(['400', '401', '422', '500', '503', '504']),
        ]);
      }
    });

    it('says that a body has no other fields', () => {
      const bodies = operations().flatMap(({ requestBody }) =>
        requestBody && 'content' in requestBody ? [requestBody] : [],
      );
      const json = bodies.flatMap(({ content }) => content['application/json']?.schema ?? []);
      expect(json.length).toBeGreaterThan(3);
      for (const schema of json) expect(schema).toHaveProperty('additionalProperties', false);
    });

    it('refers to nothing that is not there', () => {
      const refs = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref = '']) => ref);
      expect(refs).toContain('#/components/schemas/Problem');
      for (const ref of refs) expect(document).toHaveProperty(ref.slice('#/'.length).split('/'));
      expect(document).toHaveProperty('components.schemas.Problem.properties.code');
    });

    it('is where a browser lands, which is no operation', async () => {
      expect((await http().get('/').expect(302)).headers['location']).toBe('/api/docs');
      expect((await http().post('/').expect(405).expect('Allow', 'GET, HEAD')).body.code).toBe(
        'http.method_not_allowed',
      );
      expect(document.paths).not.toHaveProperty(['/']);
    });

    it('has a page that its own content security policy allows', async () => {
      const page = await http().get('/api/docs').expect(200);
      expect(page.headers['content-security-policy']).toContain("script-src 'self'");
      expect(page.headers['content-security-policy']).not.toContain('upgrade-insecure-requests');
      expect((await http().get('/api/openapi.json')).headers['content-security-policy']).toContain(
        "default-src 'none'",
      );
      const scripts = [...page.text.matchAll(/<script([^>]*)>([^<]*)/g)];
      expect(scripts.length).toBeGreaterThan(0);
      for (const [, attributes, inline] of scripts) {
        expect(inline!.trim()).toBe('');
        const [, src] = /src="([^"]+)"/.exec(attributes!)!;
        await http()
          .get(new URL(src!, `${url}/api/docs`).pathname)
          .expect(200);
      }
    });
  });

  describe('health', () => {
    it('lives, has started and is ready', async () => {
      for (const probe of ['live', 'startup', 'ready']) await http().get(`/health/${probe}`).expect(200);
      expect((await http().get('/health/ready')).body.info).toMatchObject({
        source: { status: 'up' },
        sink: { status: 'up' },
      });
    });

    it('is not ready without one of its databases', async () => {
      const sink = app.get(Registry).databases.get('sink')!;
      const asked = jest.spyOn(sink, 'query').mockRejectedValue(new Error('away'));
      const { body } = await http().get('/health/ready').expect(503).expect('Retry-After', '1');
      expect(body).toMatchObject({
        code: 'kernel.unavailable',
        details: { sink: { status: 'down' }, source: { status: 'up' } },
      });
      asked.mockRestore();
    });

    it('takes nothing more while it shuts down', async () => {
      const lifecycle = app.get(Lifecycle);
      lifecycle.stopping = true;
      const { body, headers } = await http().get(`${things}/${id}/x`).expect(503);
      await http().get('/health/ready').expect(503);
      lifecycle.stopping = false;
      expect([body.code, headers['connection'], headers['retry-after']]).toEqual(['kernel.unavailable', 'close', '1']);
    });
  });

  function fieldsUpTo(count: number): Record<string, number> {
    return Object.fromEntries(Array.from({ length: count }, (_, at) => [`field${at}`, 1]));
  }

  const common = { issuer: 'cleave', audience: 'cleave-api', subject: id, expiresIn: 60 };

  function bearer(
    options: { permissions?: string[] | undefined; by?: ReturnType<typeof signer> } & Partial<typeof common>,
  ): Record<string, string> {
    const { by = known[0]!, permissions = 'permissions' in options ? undefined : [], ...claims } = options;
    const token = new JwtService().sign(permissions ? { permissions } : {}, {
      ...common,
      ...claims,
      algorithm: 'ES256',
      keyid: by.kid,
      privateKey: by.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    });
    return { Authorization: `Bearer ${token}` };
  }

  /** Clients that send bytes, and then neither read nor end; with the server's side of their connections. */
  async function deaf(bytes: string): Promise<{ server: Socket[]; clients: Socket[] }> {
    const server: Socket[] = [];
    const note = (socket: Socket): void => void server.push(socket);
    app.getHttpServer().on('connection', note);
    const { hostname, port } = new URL(url);
    const clients = Array.from({ length: 5 }, () => {
      const client = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
      client.on('error', () => undefined); // it is reset
      client.pause().write(bytes);
      return client;
    });
    await until(() => server.length === clients.length);
    app.getHttpServer().off('connection', note);
    return { server, clients };
  }

  /** Sends bytes and answers what came back, until the other side hangs up or `enough` has come. */
  function raw(bytes: string, enough?: RegExp): Promise<string> {
    const { hostname, port } = new URL(url);
    return new Promise((resolve, reject) => {
      let answer = '';
      const socket = connect(Number(port), hostname, () => socket.write(bytes));
      socket.on('data', (chunk) => {
        answer += String(chunk);
        if (enough?.test(answer)) socket.destroy();
      });
      socket.on('close', () => resolve(answer));
      socket.on('error', reject);
    });
  }
});
