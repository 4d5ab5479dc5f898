import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Clock, secretToken } from '#kernel/base';
import { anonymous, sql } from '#kernel/core';
import { testContext, type TestedContext } from '#kernel/testing';
import { LogIn } from './contracts/index.js';
import { IdentityModule } from './identity.module.js';
import { LogInAttempts } from './log-in-attempts.js';

const customer = { email: 'customer@cleave.test', password: 'cleave-customer-1' };
const home = '192.0.2.7';
const elsewhere = '198.51.100.7';
const HOUR = 3_600;

describe('Failing to log in', () => {
  let identity: TestedContext;
  let attempts: LogInAttempts;
  let later: (seconds: number) => void;
  beforeEach(async () => {
    identity = await testContext('identity', IdentityModule, { options: { environment: { CLEAVE_DEMO: 'on' } } });
    attempts = identity.module.get(LogInAttempts);
    const clock = identity.module.get(Clock, { strict: false });
    const start = clock.now();
    const moved = { by: 0 };
    clock.now = () => start + moved.by; // it stands still, but for what the test says
    later = (seconds) => void (moved.by += seconds * 1_000);
  });
  afterEach(() => identity.close());

  /** What comes of it, in short. */
  const logIn = (address: string, credentials: Partial<typeof customer> = {}, attempt = secretToken()) =>
    identity.execute(new LogIn({ ...customer, ...credentials, address, attempt }), { principal: anonymous }).then(
      () => 'let in',
      ({ status, details }: { status: number; details?: { retryAfter: number } }) =>
        status === 429 ? `wait ${details!.retryAfter}` : status,
    );
  const guess = (address: string, email = customer.email) => logIn(address, { email, password: 'a wrong guess' });
  const guesses = async (times: number, address: string, email?: string) => {
    const answers: unknown[] = [];
    for (let time = 0; time < times; time++) answers.push(await guess(address, email));
    return answers;
  };

  it.each([
    ['an account', customer.email],
    ['an e-mail address without one', 'nobody@cleave.test'],
  ])('makes wait after five times, twice as long with each further one, for %s', async (_, email) => {
    expect(await guesses(6, home, email)).toEqual([401, 401, 401, 401, 401, 'wait 30']);
    expect(await logIn(home, { email: email.toUpperCase() })).toBe('wait 30');
    for (const seconds of [60, 120, 240, 480, 960, 960]) {
      later(seconds === 60 ? 30 : Math.min(960, seconds / 2));
      if (seconds === 960) later(480);
      expect(await guesses(2, home, email)).toEqual([401, `wait ${seconds}`]);
    }
    later(24 * HOUR);
    expect(await guesses(5, home, email)).toEqual([401, 401, 401, 401, 401]);
  });

  it('locks nobody out elsewhere', async () => {
    await guesses(6, elsewhere);
    expect(await logIn(elsewhere)).toBe('wait 30');
    expect(await logIn(home)).toBe('let in');
  });

  it('is forgotten when somebody is let in', async () => {
    await guesses(4, home);
    expect(await logIn(home)).toBe('let in');
    expect(await guesses(5, home)).toEqual([401, 401, 401, 401, 401]);
    expect(await logIn(home)).toBe('let in');
  });

  it('is borne longer where somebody has been let in before', async () => {
    expect(await logIn(home)).toBe('let in');
    expect(await guesses(20, home)).toEqual(Array.from({ length: 20 }, () => 401));
    expect(await logIn(home)).toBe('wait 30');
  });

  it('of many accounts from one network makes it wait, but not who has been let in from there', async () => {
    expect(await logIn(home)).toBe('let in');
    for (let account = 0; account < 100; account++)
      await attempts.failed({ email: `account-${account}@cleave.test`, address: home });
    expect(await guess(home, 'one-more@cleave.test')).toBe('wait 30');
    expect(await logIn(home, { email: 'admin@cleave.test', password: 'cleave-admin-1' })).toBe('wait 30');
    expect(await logIn(home)).toBe('let in');
    expect(await guess(elsewhere, 'one-more@cleave.test')).toBe(401);
    later(HOUR);
    expect(await guess(home, 'one-more@cleave.test')).toBe(401);
  });

  it('counts for the whole of an IPv6 network', async () => {
    for (const end of [1, 2, 3, 4, 5]) await guess(`2001:db8:1:2::${end}`);
    expect(await logIn('2001:db8:1:2:ffff::6')).toBe('wait 30');
    expect(await logIn('2001:db8:1:3::6')).toBe('let in');
  });

  it('at once is no way to guess more often', async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => guess(home)));
    expect(answers.filter((answer) => answer === 401)).toHaveLength(5);
    expect(answers.filter((answer) => answer === 'wait 30')).toHaveLength(7);
  });

  it('counts once, however often and late the bus repeats it', async () => {
    const names = ['1', '2', '3', '4', '5'];
    const wrong = (attempt: string) => logIn(home, { password: 'a wrong guess' }, attempt);
    for (const name of names) expect(await Promise.all([wrong(name), wrong(name)])).toEqual([401, 401]);
    for (const name of names) expect(await wrong(name)).toBe(401);
    expect(await logIn(home)).toBe('wait 30');
  });

  it('leaves nothing behind when it is over', async () => {
    await guesses(2, home);
    await guesses(2, home, 'nobody@cleave.test');
    later(24 * HOUR);
    await guess(elsewhere);
    const rows = await identity.database.query(sql`select encode(key, 'hex') from log_in_tally`);
    expect(rows).toHaveLength(2); // elsewhere, and the account from there
  });
});
