import { createHmac, generateKeyPairSync } from 'node:crypto';
import { beforeAll, expect, it } from '@jest/globals';
import { JwtService } from '@nestjs/jwt';
import type { Test } from 'supertest';
import { address, newKey, onEveryTopology, refusal } from '../shop.js';
import { DocumentedApi, type Operation } from './documented-api.js';

type Case = readonly [name: string, request: Test, expected: string];

const uuid = '0199f3a2-7c1e-7abc-8def-0123456789ab';
const samples: Record<string, string> = { id: uuid, sku: 'SKU-1', idOrHandle: 'handle', provider: 'test' };
const methods = ['get', 'post', 'put', 'patch', 'delete', 'options'] as const;
const invalid = '422 kernel.invalid_input';
const cut = (value: unknown) => String(JSON.stringify(value)).slice(0, 60);

/** Sends all of it, and compares the answers with what was expected of them. */
async function expectRefusals(cases: readonly Case[], atLeast = 1): Promise<void> {
  expect(cases.length).toBeGreaterThanOrEqual(atLeast);
  const answers: string[] = [];
  for (const [name, request] of cases) answers.push(`${name}: ${refusal(await request)}`);
  expect(answers).toEqual(cases.map(([name, , answer]) => `${name}: ${answer}`));
}

onEveryTopology('bad input', (shop) => {
  let api: DocumentedApi;
  let admin: { authorization: string };

  beforeAll(async () => {
    admin = await shop().admin();
    api = await DocumentedApi.of(shop());
  });

  /** A request by the admin with all that it needs but a body; `values` stand in for the path's samples, as they are. */
  const call = ({ method, path }: Pick<Operation, 'method' | 'path'>, values: Record<string, string> = {}): Test =>
    shop()
      .http[method](path.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? samples[name]!))
      .set({ ...admin, 'x-cart-token': 'of nobody', 'idempotency-key': newKey() });
  const good = (operation: Operation, values?: Record<string, string>): Test => {
    const request = call(operation, values);
    if (operation.body === 'text/csv') return request.type('text/csv').send('Handle');
    return operation.body === 'application/json' ? request.send(api.sample(operation.schema!)) : request;
  };

  it('that is not JSON is 400, wherever JSON is read', async () => {
    const bodies = ['{', '{"a":}', '[1,', 'text', '\0', '{"a":1}}'];
    const reading = api.changing.filter(({ body }) => body === undefined || body === 'application/json');
    await expectRefusals(
      reading.flatMap((operation) =>
        bodies.map((body): Case => [
          `${operation.name} ${body}`,
          call(operation).type('json').send(body),
          '400 http.bad_json',
        ]),
      ),
    );
  });

  it('of a type that an address does not take is 415', async () => {
    const types = [
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/xml',
      'multipart/form-data; boundary=x',
      'x',
    ];
    await expectRefusals(
      api.changing
        .filter(({ body }) => body !== '*/*')
        .flatMap((operation) =>
          [...types, operation.body === 'text/csv' ? 'application/json' : 'text/csv'].map((type): Case => [
            `${operation.name} ${type}`,
            call(operation).set('content-type', type).send('{}'),
            '415 http.unsupported_media_type',
          ]),
        ),
    );
  });

  it('of the wrong shape is 422 with a pointer to the wrong field', async () => {
    const cases = api.json.flatMap((operation) =>
      api.wrongBodies(operation.schema).map(({ pointer, value, body }): Case => {
        const name = `${operation.name} ${pointer} = ${cut(value)}`;
        return [name, call(operation).type('json').send(JSON.stringify(body)), `${invalid} ${pointer}`];
      }),
    );
    await expectRefusals(cases, 100);
  });

  it('with a field that nobody knows is 422 with a pointer to it, wherever JSON is read', async () => {
    await expectRefusals(
      api.json.map((operation): Case => [
        operation.name,
        call(operation).send({ ...api.sample(operation.schema), colour: 'red' }),
        `${invalid} /colour`,
      ]),
      10,
    );
  });

  it('that is missing is 422, with a pointer to each field that is', async () => {
    const needing = api.json.filter(({ schema }) => schema.required);
    await expectRefusals(
      needing.flatMap((operation): Case[] => [
        [`${operation.name} without a body`, call(operation), `${invalid} `],
        [`${operation.name} with an empty body`, call(operation).type('json').send(''), `${invalid} `],
        [
          `${operation.name} {}`,
          call(operation).send({}),
          // Where nothing is needed nothing is changed, of what is not there.
          operation.schema.required
            ? [invalid, ...operation.schema.required.map((field) => `/${field}`)].join(' ')
            : '404 catalog.product_not_found',
        ],
      ]),
    );
  });

  it('in a path is 404 where it names nothing, 422 where it cannot be a name', async () => {
    const noIds = ['7', 'null', `${uuid}x`, uuid.replaceAll('-', ''), '%20', '%F0%9F%91%95', `'%20or%201=1--`];
    const cases = api.parameters('path').flatMap(([operation, { name, schema }]) => {
      const wrong: [string, string][] = [
        ['a%00b', `${invalid} /path/${name}`],
        ['%00', `${invalid} /path/${name}`],
        ['%E0%A4%A', '400 http.bad_request'],
        ['x'.repeat(5_000), '414 http.uri_too_long'],
      ];
      const unknown = `404 ${operation.notFound}`;
      if (schema.format === 'uuid') wrong.push(...noIds.map((id): [string, string] => [id, unknown]));
      else wrong.push(['x'.repeat(schema.maxLength! + 1), `${invalid} /path/${name}`]);
      return wrong.map(([value, answer]): Case => [
        `${operation.name} ${name}=${cut(value)}`,
        good(operation, { [name]: value }),
        answer,
      ]);
    });
    await expectRefusals(cases, 50);
  });

  it('that is strange, but a name, names nothing', async () => {
    const names = [
      '__proto__',
      'constructor',
      '%2e%2e%2f',
      '%25',
      "'%3B%20drop%20table%20product",
      '%F0%9F%91%95',
      '%EF%BF%BF',
      '%20',
      '%0A',
      '%5Cu0000',
      'null',
      '-1',
    ];
    const addresses: [Operation['method'], string, string][] = [
      ['get', '/api/v1/products/', '404 catalog.product_not_found'],
      ['get', '/api/v1/stock/', '404 inventory.sku_not_found'],
      ['post', '/api/v1/webhooks/', '404 payments.provider_not_found'],
    ];
    await expectRefusals(
      addresses.flatMap(([method, path, answer]) =>
        names.map((name): Case => [path + name, call({ method, path: path + name }), answer]),
      ),
    );
  });

  it('in a query is 422 with a pointer to it', async () => {
    const cases = api.parameters('query').flatMap(([operation, { name, schema }]) => {
      const { type, minimum, maximum, maxLength } = schema;
      const numbers = [
        'abc',
        '1.5',
        '1e1',
        '',
        '%00',
        '0x1',
        '9'.repeat(30),
        minimum! - 1,
        maximum! + 1,
        `1&${name}=2`,
      ];
      const texts = ['%00', 'a%00b', 'x'.repeat((maxLength ?? 0) + 1), `a&${name}=b`];
      return (type === 'integer' ? numbers : texts).map((value): Case => {
        const query = `?${name}=${value}`;
        return [
          `${operation.name} ${cut(query)}`,
          call({ ...operation, path: operation.path + query }),
          `${invalid} /query/${name}`,
        ];
      });
    });
    await expectRefusals(cases, 20);
  });

  it('in a query, called as what every object inherits, is passed over as any unknown name is', async () => {
    const inherited = ['__proto__', 'constructor', 'toString', 'valueOf', 'hasOwnProperty'];
    for (const operation of api.operations.filter(({ method }) => method === 'get')) {
      const { status } = await call(operation);
      const answers: [string, number][] = [];
      for (const name of ['colour', ...inherited])
        answers.push([name, (await call({ ...operation, path: `${operation.path}?${name}=1` })).status]);
      expect([operation.name, answers]).toEqual([
        operation.name,
        ['colour', ...inherited].map((name) => [name, status]),
      ]);
    }
  });

  it('in more fields than any request has is 413, on the outside and within', async () => {
    const many = Object.fromEntries(Array.from({ length: 60_000 }, (_, at) => [`field${at}`, 1]));
    const cases = api.json.flatMap((operation): Case[] => {
      const sample = api.sample(operation.schema);
      const within = Object.entries(sample).filter(([, value]) => typeof value === 'object' && value !== null);
      const withMany = (value: object): object =>
        Array.isArray(value) ? [withMany(value[0] as object)] : { ...value, ...many };
      const bodies: [string, object][] = [
        ['', { ...sample, ...many }],
        ...within
          .filter(([, value]) => !JSON.stringify(value).startsWith('["'))
          .map(([name, value]): [string, object] => [name, { ...sample, [name]: withMany(value as object) }]),
      ];
      return bodies.map(([name, body]) => [
        `${operation.name} /${name}`,
        call(operation).send(body),
        '413 http.payload_too_large',
      ]);
    });
    await expectRefusals(cases, 15);
  });

  it('in many wrong fields is 422 with a pointer to 20 of them, and their number', async () => {
    const many = Object.fromEntries(Array.from({ length: 900 }, (_, at) => [`field${at}`, 1]));
    for (const operation of api.json) {
      const answer = await call(operation).send({ ...api.sample(operation.schema), ...many });
      expect(`${operation.name}: ${refusal(answer)}`).toBe(
        `${operation.name}: ${[invalid, ...Array.from({ length: 20 }, (_, at) => `/field${at}`)].join(' ')}`,
      );
      const { detail } = answer.body as { detail: string };
      expect(detail).toMatch(/Of 900 wrong fields, 20 are told\.$/);
      expect(answer.text.length).toBeLessThan(3_000);
    }
  });

  it('in a few fields within that nobody knows is passed over, and a product of 2,000 variants is read', async () => {
    const variants = Array.from({ length: 2_000 }, (_, at) => ({
      sku: `BAD-INPUT-${at}`,
      options: [`${at}`],
      price: { amount: 1, currency: 'EUR' },
      colour: 'red',
    }));
    const options = [{ name: 'Number', values: variants.map((_, at) => `${at}`) }];
    const product = { title: 'Of many variants', options, variants };
    const create = (body: object) => call({ method: 'post', path: '/api/v1/products' }).send(body);
    const { body } = await create(product).expect(201);
    expect((body as { variants: object[] }).variants).toHaveLength(2_000);
    const wrong = await create({ ...product, variants: variants.map((variant) => ({ ...variant, price: 'one' })) });
    expect(refusal(wrong).split(' ').slice(2)).toEqual(Array.from({ length: 20 }, (_, at) => `/variants/${at}/price`));
    expect((wrong.body as { detail: string }).detail).toMatch(/Of more than 20 wrong fields, 20 are told\.$/);
  });

  it('over 1 MiB is 413', async () => {
    const large = JSON.stringify({ quantity: 1, padding: 'x'.repeat(1_100_000) });
    const reading = api.changing.filter(({ body }) => body !== 'text/csv');
    await expectRefusals(
      reading.map((operation) => [
        operation.name,
        call(operation).type('json').send(large),
        '413 http.payload_too_large',
      ]),
    );
  });

  it('in headers over 16 KiB is 431', async () => {
    const answer = await fetch(`${shop().server.url}/api/v1/products`, { headers: { 'x-large': 'x'.repeat(20_000) } });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([431, 'application/problem+json']);
    const said = { title: expect.any(String), detail: expect.any(String), traceId: expect.any(String) };
    expect(await answer.json()).toEqual({
      type: 'urn:cleave:error:http.headers_too_large',
      code: 'http.headers_too_large',
      status: 431,
      ...said,
    });
  });

  it('to an address that is not there is 404, and with a method that is not there 405', async () => {
    const nowhere = [
      '/api',
      '/api/v1',
      '/api/v2/products',
      '/api/v1/nothing',
      '/api/v1/products/a/b',
      '/API/V1/products',
      '/health',
    ];
    const wrongMethods = Object.entries(api.document.paths).flatMap(([path, item]) =>
      methods
        .filter((method) => !(method in item) && !(['get', 'patch'].includes(method) && path.endsWith('/import'))) // the product of that handle
        .map((method): Case => [`${method} ${path}`, call({ method, path }), '405 http.method_not_allowed']),
    );
    await expectRefusals(
      [...nowhere.map((path): Case => [path, shop().http.get(path), '404 http.not_found']), ...wrongMethods],
      50,
    );
  });

  it('as an Idempotency-Key is 400, and so is none where it is needed', async () => {
    const keys = ['', 'x'.repeat(256), 'schlüssel', 'a\tb'];
    const needing = api.parameters('header').filter(([, { name, required }]) => name === 'Idempotency-Key' && required);
    await expectRefusals([
      ...api.changing.flatMap((operation) =>
        keys.map((key): Case => [
          `${operation.name} ${cut(key)}`,
          good(operation).set('idempotency-key', key),
          '400 http.idempotency_key_invalid',
        ]),
      ),
      ...needing.map(([operation]): Case => [
        operation.name,
        good(operation).unset('idempotency-key'),
        '400 http.idempotency_key_required',
      ]),
    ]);
    expect(needing.map(([{ name }]) => name)).toEqual([
      'post /api/v1/carts/{id}/checkout',
      'post /api/v1/payments/{id}/refunds',
    ]);
  });

  it('as an access token is 401 everywhere, also where none is needed', async () => {
    const token = admin.authorization.slice('Bearer '.length);
    const [header, payload, signature] = token.split('.') as [string, string, string];
    const jwt = new JwtService();
    const claims = jwt.decode<Record<string, unknown>>(token);
    const [jwk] = (await shop().http.get('/.well-known/jwks.json').expect(200)).body.keys as { kid: string }[];
    const { kid } = jwk!;
    const privateKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
      type: 'pkcs8',
      format: 'pem',
    });
    const another = { algorithm: 'ES256', privateKey: privateKey as string } as const;
    const json = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const none = json({ alg: 'none', typ: 'JWT', kid });
    const tokens = {
      'of another key': jwt.sign(claims, { ...another, keyid: kid }),
      'of an unknown key': jwt.sign(claims, { ...another, keyid: uuid }),
      'that has expired, of another key': jwt.sign({ ...claims, exp: 1_000_000_000 }, { ...another, keyid: kid }),
      'signed with the public key as a secret': jwt.sign(claims, {
        algorithm: 'HS256',
        keyid: kid,
        secret: JSON.stringify(jwk),
      }),
      'that was made to live longer': `${header}.${json({ ...claims, exp: 4_000_000_000 })}.${signature}`,
      'with alg none': `${none}.${payload}.`,
      'with alg none and a signature': `${none}.${payload}.${signature}`,
      'without a signature': `${header}.${payload}.`,
      'that is cut off': token.slice(0, -10),
      'that is nonsense': 'nonsense',
      'that is dots': '...',
      'that is empty': '',
    };
    const headers = Object.entries({ ...tokens, 'of another scheme': 'Basic YTpi', 'without a scheme': token });
    await expectRefusals(
      headers.flatMap(([what, value]) =>
        api.operations.map((operation): Case => {
          const authorization = what in tokens ? `Bearer ${value}` : value;
          return [
            `${operation.name}, a token ${what}`,
            good(operation).set({ authorization }),
            '401 kernel.unauthenticated',
          ];
        }),
      ),
    );
  });

  it('as a country that ISO 3166-1 does not know is 422', async () => {
    const cart = await shop().cartWith({});
    const checkout = (country: unknown) =>
      shop()
        .http.post(`/api/v1/carts/${cart.id}/checkout`)
        .set({ 'x-cart-token': cart.token, 'idempotency-key': newKey() })
        .send({
          email: 'ada@example.com',
          shippingAddress: { ...address, country },
          payment: { provider: 'test', token: 'tok_ok' },
        });
    const unknown = ['XX', 'UK', 'EU', 'ZZ', 'de', 'DEU', 'Germany', '', 49, null];
    await expectRefusals([
      ...unknown.map((country): Case => [cut(country), checkout(country), `${invalid} /shippingAddress/country`]),
      ['DE', checkout('DE'), '409 ordering.cart_empty'],
    ]);
  });

  it('from a payment provider is 401 unless it is signed, 422 when it is no event, 404 from whom nobody knows', async () => {
    const post = (body: string, headers: Record<string, string>, provider = 'test') =>
      shop()
        .http.post(`/api/v1/webhooks/${provider}`)
        .set({ 'content-type': 'application/json', ...headers })
        .send(body);
    const event = (id: string, payment: object = { reference: uuid, status: 'authorized' }) =>
      JSON.stringify({ id, data: { payment } });
    const signed = (text: string, { secret = shop().server.providerSecret, age = 0 } = {}) => sign(text, secret, age);
    const body = event('evt-1');
    const unsigned = '401 payments.webhook_signature_invalid';
    const malformed = ['', '{', 'null', '[]', '{}', '"text"', event(''), event('x'.repeat(256)), event('a\0b')];
    const strange = [{}, { reference: 7, status: 'authorized' }, { reference: uuid, status: 'dreamt' }].map((payment) =>
      event('evt-2', payment),
    );
    await expectRefusals([
      ['no signature', post(body, {}), unsigned],
      ['another secret', post(body, signed(body, { secret: 'another' })), unsigned],
      ['another body', post(`${body} `, signed(body)), unsigned],
      ['another id', post(body, { ...signed(body), 'webhook-id': '2' }), unsigned],
      ['another time', post(body, { ...signed(body), 'webhook-timestamp': '1' }), unsigned],
      ['an empty signature', post(body, { ...signed(body), 'webhook-signature': 'v1,' }), unsigned],
      ['too old', post(body, signed(body, { age: 310 })), unsigned],
      ['from the future', post(body, signed(body, { age: -310 })), unsigned],
      ['an unknown provider', post(body, signed(body), 'nobody'), '404 payments.provider_not_found'],
      ...[...malformed, ...strange].map((text): Case => [
        `signed: ${cut(text)}`,
        post(text, signed(text)),
        '422 payments.webhook_invalid',
      ]),
    ]);
    // Of no payment of ours, and again: taken, so that the provider need not tell it once more.
    for (const time of [1, 2]) expect([time, (await post(body, signed(body))).status]).toEqual([time, 202]);
  });

  it('or good, it is answered with security headers', async () => {
    for (const path of ['/api/v1/products', '/api/v1/nothing', '/api/docs', '/api/openapi.json', '/health/live']) {
      const { headers } = await shop().http.get(path);
      expect({ path, ...headers }).toMatchObject({
        path,
        'x-content-type-options': 'nosniff',
        'strict-transport-security': expect.stringContaining('max-age='),
        'content-security-policy': expect.stringMatching(/default-src '(self|none)'.*frame-ancestors/),
      });
      expect(headers).not.toHaveProperty('x-powered-by');
    }
  });
});

/** As Standard Webhooks signs; `age` in seconds. */
function sign(body: string, secret: string, age: number): Record<string, string> {
  const timestamp = String(Math.floor(Date.now() / 1_000) - age);
  const signature = createHmac('sha256', secret).update(`msg-1.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': 'msg-1', 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}
