import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { secretToken } from '#kernel/base';
import { anonymous, sql } from '#kernel/core';
import { testContext, type TestedContext } from '#kernel/testing';
import { LogIn, LogOut, Refresh } from './contracts/index.js';
import { IdentityModule } from './identity.module.js';
import { successorOf } from './refresh-tokens.js';

type Tokens = { accessToken: string; refreshToken: string; expiresIn: number };

const refused = { code: 'identity.refresh_token_invalid', status: 401 };
const stranger = { principal: anonymous };

describe('A successor', () => {
  it('is the same for one attempt alone, and for one token alone', () => {
    const [token, attempt] = [secretToken(), secretToken()];
    const successor = successorOf(token, attempt);
    expect(successor).toMatch(/^[\w-]{43}$/);
    expect(successorOf(token, attempt)).toBe(successor);
    expect(new Set([successor, successorOf(token, secretToken()), successorOf(secretToken(), attempt)]).size).toBe(3);
  });
});

describe('A refresh token', () => {
  let identity: TestedContext;
  let first: string;
  beforeAll(async () => {
    identity = await testContext('identity', IdentityModule, { options: { environment: { CLEAVE_DEMO: 'on' } } });
  });
  afterAll(() => identity.close());
  beforeEach(async () => {
    const credentials = { email: 'customer@cleave.test', password: 'cleave-customer-1' };
    first = (await identity.execute<Tokens>(new LogIn(credentials), stranger)).refreshToken;
  });

  const refresh = (refreshToken: string, attempt = secretToken()) =>
    identity.execute<Tokens>(new Refresh({ refreshToken, attempt }), stranger);
  const logOut = (refreshToken: string) => identity.execute(new LogOut({ refreshToken }), stranger);

  it('is replaced by another of the same family, again and again', async () => {
    let token = first;
    for (const _ of [1, 2, 3]) {
      const answer = await refresh(token);
      expect(answer).toEqual({ accessToken: expect.any(String), refreshToken: expect.any(String), expiresIn: 900 });
      expect(answer.refreshToken).not.toBe(token);
      token = answer.refreshToken;
    }
    const rows = await identity.database.query<{ family: string; used: boolean }>(
      sql`select family, used_at is not null as used from refresh_token where revoked_at is null order by created_at, used desc`,
    );
    expect(rows.slice(-4).map(({ used }) => used)).toEqual([true, true, true, false]);
    expect(new Set(rows.slice(-4).map(({ family }) => family)).size).toBe(1);
  });

  it('that is used a second time ends its whole family, and no other', async () => {
    const another = (
      await identity.execute<Tokens>(
        new LogIn({ email: 'customer@cleave.test', password: 'cleave-customer-1' }),
        stranger,
      )
    ).refreshToken;
    const second = (await refresh(first)).refreshToken;
    const third = (await refresh(second)).refreshToken;
    await expect(refresh(first)).rejects.toMatchObject(refused);
    await expect(refresh(third)).rejects.toMatchObject(refused);
    await expect(refresh(another)).resolves.toMatchObject({ expiresIn: 900 });
  });

  it('that is used twice at once is replaced once, and its family ends', async () => {
    const answers = await Promise.allSettled([1, 2, 3, 4].map(() => refresh(first)));
    const successors = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value.refreshToken] : []));
    expect(successors).toHaveLength(1);
    await expect(refresh(successors[0]!)).rejects.toMatchObject(refused);
  });

  it('leaves nothing alive where it is stolen while its successors are being replaced', async () => {
    const second = (await refresh(first)).refreshToken;
    const [third] = await Promise.allSettled([refresh(second), refresh(first)]);
    const youngest = third.status === 'fulfilled' ? third.value.refreshToken : second;
    await expect(refresh(youngest)).rejects.toMatchObject(refused);
  });

  it('gives the same successor to a repeat of the same attempt, also at once', async () => {
    const attempt = secretToken();
    const answers = await Promise.all([refresh(first, attempt), refresh(first, attempt)]);
    const again = await refresh(first, attempt);
    expect(new Set([...answers, again].map(({ refreshToken }) => refreshToken)).size).toBe(1);
    await expect(refresh(again.refreshToken)).resolves.toMatchObject({ expiresIn: 900 });
  });

  it('gives it to a repeat also where another used the token in between, which ended the family', async () => {
    const attempt = secretToken();
    const { refreshToken } = await refresh(first, attempt);
    await expect(refresh(first)).rejects.toMatchObject(refused);
    await expect(refresh(first, attempt)).resolves.toMatchObject({ refreshToken });
    await expect(refresh(refreshToken)).rejects.toMatchObject(refused);
  });

  it('is used a second time under one call id too, since no answer with a token is kept', async () => {
    const call = () =>
      identity.execute<Tokens>(new Refresh({ refreshToken: first }), { ...stranger, callId: `key for ${first}` });
    const { refreshToken } = await call();
    await expect(call()).rejects.toMatchObject(refused);
    await expect(refresh(refreshToken)).rejects.toMatchObject(refused);
  });

  it('is worth nothing after its 30 days, nor is one that nobody gave', async () => {
    await identity.database.query(sql`update refresh_token set expires_at = now() - interval '1 second'`);
    await expect(refresh(first)).rejects.toMatchObject(refused);
    await expect(refresh(secretToken())).rejects.toMatchObject(refused);
  });

  it('is worth nothing after its family logged out, which may be said twice, and of any of its tokens', async () => {
    const second = (await refresh(first)).refreshToken;
    await logOut(first);
    await logOut(first);
    await logOut(secretToken());
    await expect(refresh(second)).rejects.toMatchObject(refused);
  });

  it('is nowhere to be read, and neither is what it will be replaced by', async () => {
    const attempt = secretToken();
    const second = (await refresh(first, attempt)).refreshToken;
    const rows = await identity.database.query<{ everything: string }>(
      sql`select refresh_token::text as everything from refresh_token`,
    );
    const everything = rows.map((row) => row.everything).join();
    for (const secret of [first, second, attempt]) expect(everything).not.toContain(secret);
  });
});
