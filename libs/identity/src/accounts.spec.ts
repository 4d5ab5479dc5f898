import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { anonymous, type CallContext, sql } from '#kernel/core';
import { testContext, type TestedContext } from '#kernel/testing';
import { GetMe, LogIn, Register } from './contracts/index.js';
import { IdentityModule } from './identity.module.js';

const ada = { email: 'Ada@example.com', password: 'a good password', name: 'Ada Lovelace' };

describe('An account', () => {
  let identity: TestedContext;
  beforeAll(async () => {
    identity = await testContext('identity', IdentityModule);
  });
  afterAll(() => identity.close());

  const register = (account: typeof ada, as: Partial<CallContext> = {}) =>
    identity.execute<{ id: string; email: string }>(new Register(account), { principal: anonymous, ...as });
  const me = (id: string) =>
    identity.execute(new GetMe({}), {
      principal: { kind: 'user', id, permissions: [], owners: [`user:${id}`] },
    });

  it('is opened by whoever asks, as a customer, and logs in then', async () => {
    const { id, email } = await register(ada);
    expect(email).toBe(ada.email);
    expect(await me(id)).toEqual({ id, email: ada.email, name: ada.name, roles: ['customer'] });
    await expect(identity.execute(new LogIn(ada), { principal: anonymous })).resolves.toMatchObject({ expiresIn: 900 });
    const row = await identity.database.one<{ hash: string }>(
      sql`select password_hash as hash from account where id = ${id}`,
    );
    expect(row!.hash).toMatch(/^\$argon2id\$/);
  });

  it('is one for an e-mail address, whatever its case and however many ask at once', async () => {
    const refused = { code: 'identity.email_taken', status: 409 };
    await expect(register({ ...ada, email: 'ADA@EXAMPLE.COM' })).rejects.toMatchObject(refused);
    const answers = await Promise.allSettled(
      ['grace@example.com', 'Grace@example.com', 'GRACE@example.com'].map((email) => register({ ...ada, email })),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(answers.filter(({ status }) => status === 'rejected')).toEqual(
      [1, 2].map(() => ({ status: 'rejected', reason: expect.objectContaining(refused) })),
    );
  });

  it('is opened once under one call id, and keeps no word of the password there', async () => {
    const call = { callId: 'key-1' };
    const account = { ...ada, email: 'joan@example.com' };
    const answers = await Promise.all([register(account, call), register(account, call)]);
    expect(await register(account, call)).toEqual(answers[0]);
    expect(answers[1]).toEqual(answers[0]);
    const record = await identity.database.one<{ everything: string }>(
      sql`select call_record::text as everything from call_record where call_id = 'key-1'`,
    );
    expect(record!.everything).toContain(answers[0].id);
    expect(record!.everything).not.toContain(ada.password);
  });

  it('that has gone is nobody’s, though its token lives on', async () => {
    const { id } = await register({ ...ada, email: 'gone@example.com' });
    await identity.database.query(sql`delete from account where id = ${id}`);
    await expect(me(id)).rejects.toMatchObject({ code: 'kernel.unauthenticated' });
    await expect(identity.execute(new GetMe({}))).rejects.toMatchObject({ code: 'kernel.unauthenticated' });
  });

  it('asks for a password of 8 characters to 1,024, and says so', async () => {
    const wrong = (password: string) => register({ ...ada, email: 'new@example.com', password });
    await expect(wrong('1234567')).rejects.toMatchObject({
      details: [{ pointer: '/password', message: 'must have at least 8 characters' }],
    });
    await expect(wrong('x'.repeat(1_025))).rejects.toMatchObject({
      details: [{ pointer: '/password', message: 'must have at most 1,024 characters' }],
    });
    await expect(wrong('x'.repeat(1_024))).resolves.toMatchObject({ email: 'new@example.com' });
  });
});
