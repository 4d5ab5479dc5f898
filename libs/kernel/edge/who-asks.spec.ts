import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Global, Module } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { JwtService } from '@nestjs/jwt';
import { Test, type TestingModule } from '@nestjs/testing';
import { Clock, Ids, SystemClock } from '#kernel/base';
import { anonymous } from '#kernel/core';
import { Failure } from '#kernel/messages';
import { correlationIdOf, isCallId } from './call-ids.js';
import { EdgeModule } from './edge.module.js';
import { failureOf, titleOf } from './failure-of.js';
import { RateLimits } from './rate-limits.js';
import { asBoth, guestOf, WhoAsks } from './who-asks.js';

class Jwks {}
const ada = '0199f3a2-7c1e-4abc-8def-0123456789ab';
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const answers = { execute: async () => ({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one' }] }) };

@Global()
@Module({
  providers: [
    { provide: QueryBus, useValue: answers },
    { provide: Clock, useClass: SystemClock },
  ],
  exports: [QueryBus, Clock],
})
class Surroundings {}

const token = (claims: object) =>
  new JwtService().sign(claims, {
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    algorithm: 'ES256',
    keyid: 'one',
    issuer: 'cleave',
    audience: 'cleave-api',
    expiresIn: 60,
  });

/** No HTTP anywhere: what any edge has of a request. */
describe('an edge of any kind', () => {
  let module: TestingModule;
  beforeAll(async () => {
    const edge = EdgeModule.forRoot({ RATE_LIMIT_WRITES: '2/60' }, { jwks: Jwks, about: 'A trial.' });
    module = await Test.createTestingModule({ imports: [Surroundings, edge] }).compile();
    await module.init();
  });
  afterAll(() => module.close());

  const userOf = (...authorization: string[]) => module.get(WhoAsks).userOf(authorization);

  it('knows a user by the access token', async () => {
    const bearer = token({ sub: ada, permissions: ['lend'] });
    expect(await userOf(`Bearer ${bearer}`)).toEqual({
      kind: 'user',
      id: ada,
      permissions: ['lend'],
      owners: [`user:${ada}`],
    });
  });

  it.each<[string, () => string[]]>([
    ['none', () => []],
    ['two', () => [`Bearer ${token({ sub: ada, permissions: [] })}`, 'Bearer x']],
    ['one that is none of ours', () => ['Bearer a.b.c']],
    ['one without permissions', () => [`Bearer ${token({ sub: ada })}`]],
  ])('refuses %s', async (_, values) => {
    await expect(userOf(...values())).rejects.toMatchObject({ code: 'kernel.unauthenticated', status: 401 });
  });

  it('knows a guest by the hash of the token, which a user may hold too', () => {
    const guest = guestOf('secret');
    expect(guest).toMatchObject({ kind: 'anonymous', id: expect.stringMatching(/^guest:[0-9a-f]{64}$/) });
    expect(guest.owners).toEqual([guest.id]);
    for (const nothing of ['', undefined, ['a', 'b']]) expect(guestOf(nothing)).toBe(anonymous);
    const user = { kind: 'user' as const, id: ada, permissions: [], owners: [`user:${ada}`] };
    expect(asBoth(user, guest)).toEqual({ ...user, owners: [`user:${ada}`, guest.id] });
  });

  it('counts by user, or by address, and not the machine itself', () => {
    const limits = module.get(RateLimits);
    const writes = limits.policy('writes')!;
    const take = (address: string, user?: string) => limits.take(writes, { address, user })?.remaining;
    expect([take('203.0.113.7'), take('203.0.113.7'), take('203.0.113.8')]).toEqual([1, 0, 1]);
    expect([take('203.0.113.7', ada), take('203.0.113.9', ada)]).toEqual([1, 0]);
    expect(take('127.0.0.1')).toBeUndefined();
    expect(limits.policy('none')).toBeUndefined();
  });

  it('takes a call id, and the id of the caller’s trace', () => {
    expect([isCallId('key 1'), isCallId(''), isCallId('é'), isCallId('x'.repeat(256))]).toEqual([
      true,
      false,
      false,
      false,
    ]);
    const ids = new Ids(new SystemClock());
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    expect(correlationIdOf(`00-${trace}-00f067aa0ba902b7-01`, ids)).toBe(trace);
    expect(correlationIdOf('00-nonsense', ids)).toMatch(/^[0-9a-f]{32}$/);
  });

  it('tells a refusal as it is, and of anything else not a word', () => {
    const refusal = new Failure({ code: 'lending.already_lent', status: 409, message: 'Lent.', retryable: false });
    expect(failureOf(refusal)).toBe(refusal);
    expect(failureOf(new Error('password'))).toMatchObject({ code: 'internal', status: 500 });
    expect(failureOf(new Error('password')).message).not.toContain('password');
    expect(titleOf('lending.already_lent')).toBe('Already lent');
  });
});
