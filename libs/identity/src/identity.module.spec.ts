import { createHash, createPublicKey, type JsonWebKey } from 'node:crypto';
import { JwtService } from '@nestjs/jwt';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WrongSettings } from '#kernel/base';
import { anonymous, sql } from '#kernel/core';
import { testContext, testDatabase, type TestedContext } from '#kernel/testing';
import { GetJwks, LogIn } from './contracts/index.js';
import { DemoAccounts } from './demo-accounts.js';
import { FirstBoot } from './first-boot.js';
import { IdentityModule } from './identity.module.js';
import { IdentitySettings } from './identity-settings.js';
import { hashPassword } from './password.js';

type Tokens = { accessToken: string; refreshToken: string; expiresIn: number };

const demo = { email: 'admin@cleave.test', password: 'cleave-admin-1' };
const customer = { email: 'customer@cleave.test', password: 'cleave-customer-1' };
const logIn = (identity: TestedContext, credentials: typeof demo) =>
  identity.execute<Tokens>(new LogIn(credentials), { principal: anonymous });
const jwks = async (identity: TestedContext) =>
  (await identity.execute<{ keys: (JsonWebKey & { kid: string })[] }>(new GetJwks({}))).keys;
const emails = async ({ database }: TestedContext) =>
  (await database.query<{ email: string }>(sql`select email from account order by email`)).map(({ email }) => email);

describe('Logging in', () => {
  let identity: TestedContext;
  beforeAll(async () => {
    identity = await testContext('identity', IdentityModule, { options: { environment: { CLEAVE_DEMO: 'on' } } });
  });
  afterAll(() => identity.close());

  it('gives an access token that the published key confirms, with what its holder may do', async () => {
    const { accessToken, expiresIn } = await logIn(identity, demo);
    const jwt = new JwtService();
    const { header } = jwt.decode(accessToken, { complete: true });
    const key = (await jwks(identity)).find(({ kid }) => kid === header.kid)!;
    expect(Object.keys(key).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    const claims = await jwt.verifyAsync<Record<string, unknown>>(accessToken, {
      publicKey: createPublicKey({ key, format: 'jwk' }).export({ format: 'pem', type: 'spki' }),
      algorithms: ['ES256'],
      issuer: 'cleave',
      audience: 'cleave-api',
    });
    const account = await identity.database.one<{ id: string }>(
      sql`select id from account where email = ${demo.email}`,
    );
    expect(claims).toMatchObject({
      sub: account!.id,
      roles: ['admin'],
      permissions: expect.arrayContaining(['catalog.write', 'operations']),
    });
    expect(Number(claims['exp']) - Number(claims['iat'])).toBe(900);
    expect(expiresIn).toBe(900);
  });

  it('does not mind the case of the e-mail address', async () => {
    await expect(logIn(identity, { ...demo, email: 'Admin@Cleave.TEST' })).resolves.toMatchObject({ expiresIn: 900 });
    await expect(
      identity.database.query(
        sql`insert into account select gen_random_uuid(), upper(email), name, password_hash, roles from account where email = ${demo.email}`,
      ),
    ).rejects.toMatchObject({ code: '23505' });
  });

  it('answers a wrong password and an unknown e-mail address alike', async () => {
    const [wrong, unknown] = await Promise.all(
      [
        { ...demo, password: 'cleave-admin-2' },
        { ...demo, email: 'nobody@cleave.test' },
      ].map((credentials) =>
        logIn(identity, credentials).then(
          () => 'let in',
          (error: { toEnvelope(): object }) => error.toEnvelope(),
        ),
      ),
    );
    expect(wrong).toMatchObject({ code: 'identity.credentials_wrong', status: 401 });
    expect(unknown).toEqual(wrong);
  });

  it('keeps of the refresh token its hash alone, for 30 days, each in a family of its own', async () => {
    await identity.database.query(sql`delete from refresh_token`);
    const tokens = [await logIn(identity, demo), await logIn(identity, demo)].map(({ refreshToken }) => refreshToken);
    const rows = await identity.database.query<{ hash: string; family: string; days: number; everything: string }>(sql`
      select encode(token_hash, 'hex') as hash, family, extract(day from expires_at - created_at)::integer as days, refresh_token::text as everything
      from refresh_token order by created_at, family`);
    expect(rows.map(({ hash }) => hash)).toEqual(
      tokens.map((token) => createHash('sha256').update(token).digest('hex')),
    );
    expect(new Set(rows.map(({ family }) => family)).size).toBe(2);
    expect(rows.map(({ days }) => days)).toEqual([30, 30]);
    expect(rows.some(({ everything }) => tokens.some((token) => everything.includes(token)))).toBe(false);
  });

  it('sweeps the user’s expired refresh tokens out', async () => {
    await identity.database.query(sql`update refresh_token set expires_at = now() - interval '1 second'`);
    await logIn(identity, demo);
    expect(await identity.database.query(sql`select from refresh_token`)).toHaveLength(1);
  });

  it('signs with the new key once the old one is retired, and publishes both until the old one’s tokens are over', async () => {
    const [old] = await jwks(identity);
    await identity.database.query(sql`update signing_key set retired_at = now()`);
    await identity.module.get(FirstBoot).onApplicationBootstrap();
    const { header } = new JwtService().decode((await logIn(identity, demo)).accessToken, { complete: true });
    const published = (await jwks(identity)).map(({ kid }) => kid);
    expect(published).toEqual([header.kid, old!.kid]);
    await identity.database.query(
      sql`update signing_key set retired_at = now() - interval '31 minutes' where kid = ${old!.kid}`,
    );
    expect((await jwks(identity)).map(({ kid }) => kid)).toEqual([header.kid]);
  });
});

describe('Booting', () => {
  const booted = async (
    environment: Record<string, string>,
    check: (identity: TestedContext, boot: FirstBoot) => Promise<void>,
  ) => {
    const identity = await testContext('identity', IdentityModule, { options: { environment } });
    try {
      await check(identity, identity.module.get(FirstBoot));
    } finally {
      await identity.close();
    }
  };

  it('makes one key, one demo administrator and one demo customer, however many replicas start at once', () =>
    booted({ CLEAVE_DEMO: 'on' }, async (identity, boot) => {
      for (const table of [sql`signing_key`, sql`account`, sql`seeded`])
        await identity.database.query(sql`delete from ${table}`);
      await Promise.all([1, 2, 3, 4].map(() => boot.onApplicationBootstrap()));
      expect(await jwks(identity)).toHaveLength(1);
      expect(await emails(identity)).toEqual([demo.email, customer.email]);
      await expect(logIn(identity, customer)).resolves.toMatchObject({ expiresIn: 900 });
    }));

  it('does not bring deleted demo accounts back', () =>
    booted({ CLEAVE_DEMO: 'on' }, async (identity, boot) => {
      await identity.database.query(sql`delete from account`);
      await boot.onApplicationBootstrap();
      expect(await emails(identity)).toEqual([]);
    }));

  it('makes the demo customer also where an earlier version had made the demo administrator alone', () =>
    booted({ CLEAVE_DEMO: 'on' }, async (identity, boot) => {
      await identity.database.query(sql`delete from account where email = ${customer.email}`);
      await identity.database.query(sql`delete from seeded where name = 'demo-customer'`);
      await boot.onApplicationBootstrap();
      expect(await emails(identity)).toEqual([demo.email, customer.email]);
    }));

  it('makes no demo customer in a shop that never was a demo', () =>
    booted({ CLEAVE_DEMO: 'on' }, async (identity, boot) => {
      await identity.database.query(sql`delete from seeded`);
      await identity.database.query(sql`delete from account where email = ${customer.email}`);
      await identity.database.query(sql`update account set email = 'owner@shop.example'`);
      await boot.onApplicationBootstrap();
      expect(await emails(identity)).toEqual(['owner@shop.example']);
    }));

  it.each([{}, { NODE_ENV: 'production' }])('makes no demo account unless it is told to (%j)', (environment) =>
    booted(environment, async (identity) => {
      expect(await emails(identity)).toEqual([]);
      await expect(logIn(identity, demo)).rejects.toMatchObject({ code: 'identity.credentials_wrong' });
    }),
  );

  it('refuses to start in production with the demo’s accounts, until they are deleted', async () => {
    const { url, drop } = await testDatabase();
    const boot = (environment: Record<string, string>) =>
      testContext('identity', IdentityModule, { options: { environment, databaseUrl: url } });
    try {
      await (await boot({ CLEAVE_DEMO: 'on' })).close();
      await expect(boot({ NODE_ENV: 'production' })).rejects.toThrow(
        /NODE_ENV=production: .*admin@cleave\.test and customer@cleave\.test\. End them: npx cleave demo end/,
      );
      const identity = await boot({});
      const demoAccounts = identity.module.get(DemoAccounts);
      await identity.database.query(sql`
        update account set password_hash = ${await hashPassword('a password of their own')} where email = ${customer.email}`);
      expect(await demoAccounts.end()).toEqual([demo.email]);
      expect(await emails(identity)).toEqual([customer.email]);
      expect(await demoAccounts.end()).toEqual([]);
      await identity.close();
      await (await boot({ NODE_ENV: 'production' })).close();
    } finally {
      await drop();
    }
  });

  it('makes the administrator of the settings once, and never changes one', () => {
    const credentials = { email: 'Owner@shop.example', password: 'a long password' };
    return booted(
      {
        NODE_ENV: 'production',
        IDENTITY_ADMIN_EMAIL: credentials.email,
        IDENTITY_ADMIN_PASSWORD: credentials.password,
      },
      async (identity, boot) => {
        await identity.database.query(sql`update account set email = lower(email)`);
        await boot.onApplicationBootstrap();
        expect(await emails(identity)).toEqual(['owner@shop.example']);
        await expect(logIn(identity, credentials)).resolves.toMatchObject({ expiresIn: 900 });
      },
    );
  });

  it('refuses half an administrator, a short password, and one of the demo', () => {
    expect(() => new IdentitySettings({ IDENTITY_ADMIN_EMAIL: 'owner@shop.example' })).toThrow(WrongSettings);
    expect(
      () => new IdentitySettings({ IDENTITY_ADMIN_EMAIL: 'owner@shop.example', IDENTITY_ADMIN_PASSWORD: 'short' }),
    ).toThrow(/12 characters/);
    expect(
      () => new IdentitySettings({ IDENTITY_ADMIN_EMAIL: 'a@shop.example', IDENTITY_ADMIN_PASSWORD: demo.password }),
    ).toThrow(/everybody knows/);
  });
});
