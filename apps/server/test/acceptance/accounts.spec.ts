import { generateKeyPairSync } from 'node:crypto';
import { beforeAll, expect, it } from '@jest/globals';
import { JwtService } from '@nestjs/jwt';
import pg from 'pg';
import type { Response } from 'supertest';
import { until } from '#kernel/testing';
import { administrator } from '../running-server.js';
import { newKey, onEveryTopology, refusal } from '../shop.js';

type Tokens = { accessToken: string; refreshToken: string; expiresIn: number };

const uuid = /^[0-9a-f-]{36}$/;
const password = 'three warm sleeping bags';
const jwt = new JwtService();
const kidOf = (token: string) => jwt.decode(token, { complete: true }).header.kid as string;
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

let people = 0;
const newEmail = () => `edurne-${process.pid}-${people++}@example.com`;

onEveryTopology('an account', (shop) => {
  const post = (path: string, body: object) => shop().http.post(`/api/v1/auth/${path}`).send(body);
  const register = (email: string) => post('register', { email, password, name: 'Edurne Alpine' });
  const logIn = async (email: string, known = password): Promise<Tokens> =>
    (await post('login', { email, password: known }).expect(200)).body;
  const refresh = (refreshToken: string) => post('refresh', { refreshToken });
  const logOut = (refreshToken: string) => post('logout', { refreshToken });
  const me = (token: string) => shop().http.get('/api/v1/me').set(bearer(token));
  const published = async (): Promise<string[]> =>
    (await shop().http.get('/.well-known/jwks.json').expect(200)).body.keys.map(({ kid }: { kid: string }) => kid);
  const invalid = '401 identity.refresh_token_invalid';

  /** A new key signs after eleven seconds: the other tests run meanwhile. */
  let rotated: { readonly kid: string; readonly old: Tokens; readonly email: string };
  beforeAll(async () => {
    const email = newEmail();
    await register(email).expect(201);
    const old = await logIn(email);
    const rotate = (headers: Record<string, string>) => shop().http.post('/api/v1/admin/signing-keys').set(headers);
    expect(refusal(await rotate(bearer(old.accessToken)))).toBe('403 kernel.forbidden');
    expect(refusal(await rotate({}))).toBe('401 kernel.unauthenticated');
    const { body } = await rotate(await shop().admin()).expect(201);
    rotated = { kid: (body as { kid: string }).kid, old, email };
  });

  it('is a customer’s when it is registered, and says who it is', async () => {
    const email = newEmail();
    const { body } = await register(email).expect(201);
    expect(body).toEqual({ id: expect.stringMatching(uuid), email });
    const { accessToken } = await logIn(email.toUpperCase());
    const answer = await me(accessToken).expect(200);
    expect(answer.body).toEqual({ id: body.id, email, name: 'Edurne Alpine', roles: ['customer'] });
    expect(answer.headers['cache-control']).toBe('private, no-store');
    expect(refusal(await shop().http.get('/api/v1/me'))).toBe('401 kernel.unauthenticated');
  });

  it('is registered once, whatever the case of its address', async () => {
    const email = newEmail();
    const answers = await Promise.all([register(email), register(email.toUpperCase())]);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409]);
    expect(refusal(await register(email))).toBe('409 identity.email_taken');
  });

  it('is registered once under one Idempotency-Key, which answers alike', async () => {
    const [key, email] = [newKey(), newEmail()];
    const answers = await Promise.all([1, 2].map(() => register(email).set('idempotency-key', key)));
    const again = await register(email).set('idempotency-key', key);
    expect([...answers, again].map(({ status, body }) => [status, body.id])).toEqual(
      [1, 2, 3].map(() => [201, answers[0]!.body.id]),
    );
    expect(refusal(await register(newEmail()).set('idempotency-key', key))).toBe('422 kernel.call_id_reused');
  });

  it('wants a password of 8 characters, and says so', async () => {
    const answer = await post('register', { email: newEmail(), password: '1234567', name: 'Edurne' });
    expect(refusal(answer)).toBe('422 kernel.invalid_input /password');
    expect(answer.body.errors).toEqual([{ pointer: '/password', detail: 'must have at least 8 characters' }]);
  });

  it('may do nothing that an administrator may', async () => {
    const email = newEmail();
    await register(email).expect(201);
    const { accessToken } = await logIn(email);
    expect((await me(accessToken).expect(200)).body).toMatchObject({ roles: ['customer'] });
    const change = shop().http.put('/api/v1/stock/TENT').set(bearer(accessToken)).send({ onHand: 7 });
    expect(refusal(await change)).toBe('403 kernel.forbidden');
    expect((await me((await shop().admin()).authorization.slice(7))).body).toMatchObject({ roles: ['admin'] });
  });

  it('stays logged in by refreshing, with a new token each time', async () => {
    const email = newEmail();
    await register(email).expect(201);
    let tokens = await logIn(email);
    for (const _ of Array.from({ length: 10 })) {
      const answer = await refresh(tokens.refreshToken).expect(200);
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(answer.body).toEqual({
        accessToken: expect.any(String),
        refreshToken: expect.any(String),
        expiresIn: 900,
      });
      expect(answer.body.refreshToken).not.toBe(tokens.refreshToken);
      tokens = answer.body;
    }
    expect((await me(tokens.accessToken).expect(200)).body.email).toBe(email);
  });

  it('gets other tokens each time under one Idempotency-Key, since none are kept', async () => {
    const [key, email] = [newKey(), newEmail()];
    await register(email).expect(201);
    const tokens = new Set<string>();
    for (const _ of Array.from({ length: 10 })) {
      const answer = await post('login', { email, password }).set('idempotency-key', key).expect(200);
      tokens.add(answer.body.refreshToken);
    }
    expect(tokens.size).toBe(10);
    const [first, ...others] = tokens;
    await refresh(first!).set('idempotency-key', key).expect(200);
    expect(refusal(await refresh(first!).set('idempotency-key', key))).toBe(invalid);
    for (const other of others) await refresh(other).set('idempotency-key', key).expect(200);
  });

  it('loses all tokens of a log-in when one of them is used twice, and those of no other', async () => {
    const email = newEmail();
    await register(email).expect(201);
    const [stolen, other] = [await logIn(email), await logIn(email)];
    const youngest = (await refresh(stolen.refreshToken).expect(200)).body as Tokens;
    expect(refusal(await refresh(stolen.refreshToken))).toBe(invalid);
    expect(refusal(await refresh(youngest.refreshToken))).toBe(invalid);
    await refresh(other.refreshToken).expect(200);
  });

  it('refreshes once with one token, however many try at once, and then never again', async () => {
    const email = newEmail();
    await register(email).expect(201);
    const { refreshToken } = await logIn(email);
    const answers: Response[] = await Promise.all([1, 2, 3, 4].map(() => refresh(refreshToken)));
    const winners = answers.filter(({ status }) => status === 200);
    expect(winners).toHaveLength(1);
    for (const loser of answers.filter(({ status }) => status !== 200)) expect(refusal(loser)).toBe(invalid);
    expect(refusal(await refresh(winners[0]!.body.refreshToken))).toBe(invalid);
  });

  it('logs out, as often as it likes', async () => {
    const email = newEmail();
    await register(email).expect(201);
    const first = await logIn(email);
    const second = (await refresh(first.refreshToken).expect(200)).body as Tokens;
    for (const token of [second.refreshToken, second.refreshToken, 'of nobody']) {
      const answer = await logOut(token).expect(204);
      expect(answer.text).toBe('');
    }
    expect(refusal(await refresh(second.refreshToken))).toBe(invalid);
  });

  it('waits after wrong guesses, and nobody else does', async () => {
    const email = newEmail();
    await register(email).expect(201);
    const guess = (more = {}) => post('login', { email, password: 'a wrong guess', ...more });
    for (let time = 0; time < 5; time++) expect(refusal(await guess())).toBe('401 identity.credentials_wrong');
    const answer = await guess();
    // What the edge says of the client, no client says.
    const disguised = await guess({ address: '192.0.2.7', attempt: 'another' });
    expect(refusal(disguised)).toBe('422 kernel.invalid_input /address /attempt');
    expect(refusal(answer)).toBe('429 identity.too_many_attempts');
    expect(answer.body.details.retryAfter).toBeGreaterThan(0);
    expect(answer.body.details.retryAfter).toBeLessThanOrEqual(30);
    expect(refusal(await post('login', { email, password }))).toBe('429 identity.too_many_attempts');
    await logIn(administrator.email, administrator.password);
  });

  it('stays logged in when the signing key is rotated; the next log-in is signed by the new key', async () => {
    const { kid, old, email } = rotated;
    expect(await published()).toEqual(expect.arrayContaining([kid, kidOf(old.accessToken)]));
    const fresh = await until(async () => {
      const tokens = await logIn(email);
      return kidOf(tokens.accessToken) === kid && tokens;
    }, 'the new key signs');
    // Everyone who checks tokens knows the key before it signs: several requests, for they meet several processes.
    for (let request = 0; request < 6; request++) await me(fresh.accessToken).expect(200);
    await me(old.accessToken).expect(200);
    expect(kidOf((await refresh(old.refreshToken).expect(200)).body.accessToken)).toBe(kid);
    expect(await published()).toEqual(expect.arrayContaining([kid, kidOf(old.accessToken)]));
  }, 60_000);
});

onEveryTopology('an access token', (shop) => {
  let good: string;
  let protectedOperations: [method: 'get' | 'post' | 'put' | 'delete' | 'patch', path: string][];
  let sign: (claims: object, header?: object) => string;

  beforeAll(async () => {
    good = (await shop().admin()).authorization.slice('Bearer '.length);
    const { paths } = (await shop().http.get('/api/openapi.json').expect(200)).body as {
      paths: Record<string, Record<string, { security?: object[] }>>;
    };
    protectedOperations = Object.entries(paths).flatMap(([path, item]) =>
      Object.entries(item)
        .filter(([, { security }]) => security)
        .map(([method]): [never, string] => [method as never, path.replaceAll(/\{\w+\}/g, kidOf(good))]),
    );
    const client = new pg.Client(shop().databaseUrl);
    await client.connect();
    const { rows } = await client.query<{ pem: string }>(
      'select private_pem as pem from identity.signing_key where kid = $1',
      [kidOf(good)],
    );
    await client.end();
    const options = { algorithm: 'ES256', privateKey: rows[0]!.pem } as const;
    sign = (claims, header = {}) =>
      jwt.sign(claims, { ...options, header: { alg: 'ES256', kid: kidOf(good), ...header } as never });
  });

  const answers = async (token: string) => {
    const all: string[] = [];
    for (const [method, path] of protectedOperations)
      all.push(
        `${method} ${path} ${refusal(
          await shop()
            .http[method](path)
            .set({ ...bearer(token), 'idempotency-key': newKey() }),
        )}`,
      );
    return all;
  };
  const unauthenticated = () =>
    protectedOperations.map(([method, path]) => `${method} ${path} 401 kernel.unauthenticated`);
  const replaced = (token: string, at: number, by: string) => token.slice(0, at) + by + token.slice(at + 1);

  it('opens nothing when it has no signature, another’s, or one for something else', async () => {
    const claims = jwt.decode<Record<string, unknown>>(good);
    const now = Math.floor(Date.now() / 1_000);
    await shop()
      .http.get('/api/v1/me')
      .set(bearer(sign(claims)))
      .expect(200); // so it is not our hand that is refused
    const json = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const [header, payload, signature] = good.split('.');
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
      type: 'pkcs8',
      format: 'pem',
    }) as string;
    const none = json({ alg: 'none', typ: 'JWT', kid: kidOf(good) });
    const { aud: _aud, ...nobodys } = claims;
    const { exp: _exp, ...endless } = claims;
    const wrong = {
      'alg none': `${none}.${payload}.`,
      'alg none with a signature': `${none}.${payload}.${signature}`,
      'no signature': `${header}.${payload}.`,
      'another key': jwt.sign(claims, { algorithm: 'ES256', privateKey: stranger, keyid: kidOf(good) }),
      'a shared secret': jwt.sign(claims, { algorithm: 'HS256', secret: 'secret', keyid: kidOf(good) }),
      'an unknown key': sign(claims, { kid: '0199f3a2-7c1e-7abc-8def-0123456789ab' }),
      expired: sign({ ...claims, iat: now - 1_000, exp: now - 1 }),
      'not yet good': sign({ ...claims, nbf: now + 600 }),
      'without an end': sign(endless),
      'another audience': sign({ ...claims, aud: 'another-api' }),
      'no audience': sign(nobodys),
      'another issuer': sign({ ...claims, iss: 'another' }),
      'nobody in particular': sign({ ...claims, sub: 'admin' }),
    };
    expect(protectedOperations.length).toBeGreaterThan(5);
    for (const [what, token] of Object.entries(wrong))
      expect([what, await answers(token)]).toEqual([what, unauthenticated()]);
  }, 60_000);

  it('opens nothing when any of its bytes is changed', async () => {
    const [header = '', payload = ''] = good.split('.');
    const inEachPart = [header.length - 9, header.length + payload.length - 9, good.length - 9];
    for (const at of inEachPart) {
      const token = replaced(good, at, good[at] === 'A' ? 'B' : 'A');
      expect([at, await answers(token)]).toEqual([at, unauthenticated()]);
    }
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=';
    const changed = [
      ...Array.from(good, (letter, at) => replaced(good, at, letter === 'A' ? 'B' : 'A')),
      ...Array.from(letters, (letter) => replaced(good, good.length - 1, letter)),
    ].filter((token) => token !== good);
    const accepted: string[] = [];
    for (const token of changed)
      if ((await shop().http.get('/api/v1/me').set(bearer(token))).status !== 401) accepted.push(token);
    expect(accepted).toEqual([]);
  }, 60_000);
});
