import type { JsonWebKey } from 'node:crypto';
import { JwtService } from '@nestjs/jwt';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Clock } from '#kernel/base';
import { anonymous, service, sql } from '#kernel/core';
import { testContext, type TestedContext, until } from '#kernel/testing';
import { GetJwks, LogIn, RotateSigningKey } from './contracts/index.js';
import { FirstBoot } from './first-boot.js';
import { IdentityModule } from './identity.module.js';
import { RenewSigningKey } from './renew-signing-key.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DAY = 1_440 * MINUTE;
const operator = { kind: 'user', id: 'operator', permissions: ['operations'], owners: [] } as const;

describe('Signing keys', () => {
  let identity: TestedContext;
  let later: (milliseconds: number) => void;
  beforeEach(async () => {
    identity = await testContext('identity', IdentityModule, {
      options: { environment: { IDENTITY_KEY_ROTATION: '7', CLEAVE_DEMO: 'on' } },
    });
    const clock = identity.module.get(Clock, { strict: false });
    const start = clock.now();
    const moved = { by: 0 };
    clock.now = () => start + moved.by; // it stands still, but for what the test says
    later = (milliseconds) => void (moved.by += milliseconds);
  });
  afterEach(() => identity.close());

  const published = async () =>
    (await identity.execute<{ keys: (JsonWebKey & { kid: string })[] }>(new GetJwks({}))).keys.map(({ kid }) => kid);
  const rotate = async () =>
    (await identity.execute<{ kid: string }>(new RotateSigningKey({}), { principal: operator })).kid;
  const signer = async () => {
    const credentials = { email: 'customer@cleave.test', password: 'cleave-customer-1' };
    const { accessToken } = await identity.execute<{ accessToken: string }>(new LogIn(credentials), {
      principal: anonymous,
    });
    return new JwtService().decode(accessToken, { complete: true }).header.kid as string;
  };
  const timers = () =>
    identity.database.query<{ kid: string; in: number }>(
      sql`select payload->>'kid' as kid, extract(epoch from due - now())::int as in from outbox_timer`,
    );
  const boot = () => identity.module.get(FirstBoot).onApplicationBootstrap();

  it('are published first, sign after two minutes, and stay until their last token is over', async () => {
    const old = await signer();
    const fresh = await rotate();
    expect(await published()).toEqual([fresh, old]);
    expect(await signer()).toBe(old);
    later(119 * SECOND);
    expect(await signer()).toBe(old);
    later(2 * SECOND);
    expect(await signer()).toBe(fresh);
    later(15 * MINUTE);
    expect(await published()).toEqual([fresh, old]);
    later(15 * MINUTE);
    expect(await published()).toEqual([fresh]);
  });

  it('take turns however quickly they follow one another', async () => {
    const first = await signer();
    const second = await rotate();
    later(MINUTE);
    const third = await rotate();
    expect(await published()).toEqual([third, second, first]);
    later(61 * SECOND);
    expect(await signer()).toBe(second);
    later(MINUTE);
    expect(await signer()).toBe(third);
  });

  it('renew themselves when their days are over, again and again', async () => {
    const first = await signer();
    later(7 * DAY - MINUTE);
    expect(await published()).toEqual([first]);
    let kid = first;
    for (const _ of ['the first time', 'the second time']) {
      later(2 * MINUTE);
      await until(async () => (await published()).length === 2, 'the next key is published');
      expect(await signer()).toBe(kid);
      later(2 * MINUTE + SECOND);
      expect(await signer()).not.toBe(kid);
      kid = await signer();
      later(7 * DAY - 2 * MINUTE);
      expect(await published()).toEqual([kid]);
    }
  });

  it('are renewed once, however often that is said, and not where another key has followed', async () => {
    const kid = await signer();
    later(8 * DAY);
    await identity.hear(new RenewSigningKey({ kid }));
    await identity.hear(new RenewSigningKey({ kid }));
    await boot();
    expect(await published()).toHaveLength(2);
  });

  it('are not renewed before their time: a word that comes early is sent anew', async () => {
    const [key] = await published();
    await identity.database.query(sql`delete from outbox_timer`);
    await identity.hear(new RenewSigningKey({ kid: key! }));
    expect(await published()).toEqual([key]);
    expect(await timers()).toEqual([{ kid: key, in: expect.closeTo(7 * 86_400, -2) }]);
  });

  it('get their date once, however many replicas start, and an earlier one where the days became fewer', async () => {
    await Promise.all([boot(), boot(), boot()]);
    expect(await timers()).toHaveLength(1);
    await identity.database.query(sql`update signing_key set renewal_at = renewal_at + interval '1 day'`);
    await boot();
    expect(await timers()).toHaveLength(2);
  });

  it('that nobody can check a token by any more are deleted with the next rotation', async () => {
    await rotate();
    later(3 * DAY);
    await rotate();
    expect(await identity.database.query(sql`select from signing_key`)).toHaveLength(2);
  });

  it('are rotated by operators alone', async () => {
    const [key] = await published();
    const user = { ...operator, permissions: ['catalog.write'] };
    await expect(identity.execute(new RotateSigningKey({}), { principal: user })).rejects.toMatchObject({
      status: 403,
    });
    await expect(identity.execute(new RotateSigningKey({}), { principal: anonymous })).rejects.toMatchObject({
      status: 401,
    });
    expect(await published()).toEqual([key]);
    await expect(identity.execute(new RotateSigningKey({}), { principal: service('test') })).resolves.toHaveProperty(
      'kid',
    );
  });
});
