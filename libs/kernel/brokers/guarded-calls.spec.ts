import { describe, expect, it } from '@jest/globals';
import { SystemClock } from '#kernel/base';
import { anonymous, type CallRequest, type CallTransport, NoReply, type TransportStatus } from '#kernel/core';
import { Failure, kernelFailure } from '#kernel/messages';
import { until } from '#kernel/testing';
import { GuardedCalls } from './guarded-calls.js';

const clock = new SystemClock();
const request: CallRequest = {
  name: 'shop.ask.v1',
  input: {},
  metadata: { correlationId: 'one', principal: anonymous, deadline: Number.POSITIVE_INFINITY },
};

/** Calls that end as the test says. */
function guarded(outcome: (owner: string) => Promise<unknown>, options: { failures?: number; atOnce?: number } = {}) {
  const asked: string[] = [];
  const call = (owner: string) => {
    asked.push(owner);
    return outcome(owner);
  };
  return { asked, calls: new GuardedCalls(transport(call), { clock, ...options }) };
}
const done = () => Promise.resolve();
const transport = (call: CallTransport['call']): CallTransport => ({
  call,
  serve: done,
  drain: done,
  close: done,
  status: 'connected',
  counters: {},
});
const outcomeOf = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error);

describe('guarded calls', () => {
  it.each([
    ['nobody is there', () => kernelFailure('kernel.unavailable')],
    ['nobody replies', () => new NoReply()],
  ])('ask a context no more where %s, until it may have come back', async (_, error) => {
    let there = false;
    const { asked, calls } = guarded(
      async () => {
        if (there) return 'here again';
        throw error();
      },
      { failures: 3 },
    );
    for (let n = 0; n < 3; n++) await outcomeOf(calls.call('shop', request));
    expect(calls.circuits.get('shop')).toEqual({ state: 'open', underWay: 0 });
    const refused = (await outcomeOf(calls.call('shop', request))) as Failure;
    expect(refused.toEnvelope()).toMatchObject({ code: 'kernel.unavailable', retryable: true });
    const { retryAfter } = refused.details as { retryAfter: number };
    expect(retryAfter).toBeGreaterThan(0);
    expect(retryAfter).toBeLessThanOrEqual(0.5);
    expect(asked).toHaveLength(3);
    there = true;
    expect(await until(() => calls.call('shop', request), 'asked again')).toBe('here again');
    expect(calls.circuits.get('shop')!.state).toBe('closed');
  });

  it('rest longer each time that nobody has come back', async () => {
    const { asked, calls } = guarded(() => Promise.reject(new NoReply()), { failures: 1 });
    await outcomeOf(calls.call('shop', request));
    await until(async () => {
      await outcomeOf(calls.call('shop', request));
      return asked.length === 2;
    }, 'asked again');
    const { details } = (await outcomeOf(calls.call('shop', request))) as Failure;
    expect((details as { retryAfter: number }).retryAfter).toBeGreaterThan(0.5);
  });

  it('go on asking a context that refuses, and one beside another that cannot be reached', async () => {
    const refusal = new Failure({ code: 'shop.closed', message: 'Closed.', status: 409, retryable: false });
    const { asked, calls } = guarded((owner) => Promise.reject(owner === 'shop' ? refusal : new NoReply()), {
      failures: 2,
    });
    for (let n = 0; n < 5; n++) {
      expect(await outcomeOf(calls.call('shop', request))).toBe(refusal);
      await outcomeOf(calls.call('elsewhere', request));
    }
    expect(asked.filter((owner) => owner === 'shop')).toHaveLength(5);
    expect(asked.filter((owner) => owner === 'elsewhere')).toHaveLength(2);
    expect(calls.circuits.get('shop')!.state).toBe('closed');
  });

  it('take only so many to one context at once', async () => {
    let answer: (value: unknown) => void = () => undefined;
    const held = new Promise((resolve) => (answer = resolve));
    const { calls } = guarded((owner) => (owner === 'shop' ? held : Promise.resolve('free')), { atOnce: 2 });
    const both = [calls.call('shop', request), calls.call('shop', request)];
    expect(calls.circuits.get('shop')!.underWay).toBe(2);
    await expect(calls.call('shop', request)).rejects.toMatchObject({ code: 'kernel.unavailable', retryable: true });
    expect(await calls.call('elsewhere', request)).toBe('free');
    answer('done');
    expect(await Promise.all(both)).toEqual(['done', 'done']);
    expect(await calls.call('shop', request)).toBe('done');
  });

  it('ask nobody while the broker is away, which opens no circuit, and tell soon that waiting is of no use', async () => {
    let now = 0;
    const hand = Object.assign(new SystemClock(), { now: () => now });
    const calls = { ...transport(() => Promise.resolve('there')), status: 'away' as TransportStatus };
    const guarded = new GuardedCalls(calls, { clock: hand, failures: 2 });
    const rest = async () => ((await outcomeOf(guarded.call('shop', request))) as Failure).details;
    expect(await rest()).toEqual({ retryAfter: 0.05 });
    now = 2_000;
    expect([await rest(), await rest()]).toEqual([{ retryAfter: 5 }, { retryAfter: 5 }]);
    calls.status = 'connected';
    expect(await guarded.call('shop', request)).toBe('there');
  });
});
