import { describe, expect, it } from '@jest/globals';
import { Ids, SystemClock, SystemRandomness } from '#kernel/base';
import { anyone, command, Failure, kernelFailure, query } from '#kernel/messages';
import { Interceptors } from '../interceptors/interceptors.js';
import { anonymous, runIn } from '../runtime/call-context.js';
import { Caller } from './caller.js';
import { type CallRequest, type Link, NoReply } from './link.js';
import type { Registry } from './registry.js';
import * as z from 'zod';

const input = z.object({});
class Do extends command('shop.do.v1', { access: anyone, input }) {}
class Look extends query('shop.look.v1', { access: anyone, input, output: input }) {}
class Enter extends command('shop.enter.v1', { access: anyone, input, sensitive: true, repeatable: true }) {}

const clock = new SystemClock();
/** The bus, over a link whose attempts end as the test says. */
function asking(timeoutMs: number, ...outcomes: unknown[]) {
  const asked: CallRequest[] = [];
  const call = async (request: CallRequest): Promise<unknown> => {
    asked.push(request);
    const outcome = outcomes[Math.min(asked.length, outcomes.length) - 1];
    if (outcome instanceof Error) throw outcome;
    return outcome;
  };
  const link = { repeats: () => true, call } as unknown as Link;
  const caller = new Caller(
    {} as Registry,
    clock,
    new Ids(clock),
    new SystemRandomness(),
    new Interceptors([]),
    link,
    timeoutMs,
  );
  return { asked, caller, outcome: caller.call(new Do({})).catch((error: unknown) => error) };
}

/** The call ids of what is asked under a client's key, where the first reply is lost. */
async function callIds(message: object) {
  const { asked, caller, outcome } = asking(5_000, undefined, new NoReply(), undefined);
  await outcome;
  await runIn({ correlationId: 'a request', principal: anonymous, callId: 'a key' }, () => caller.call(message));
  return asked.slice(1).map(({ metadata }) => metadata.callId);
}

describe('the bus', () => {
  it('asks again under the same call id where nobody replied', async () => {
    const { asked, outcome } = asking(5_000, new NoReply(), new NoReply(), undefined);
    expect(await outcome).toBeUndefined();
    expect(new Set(asked.map(({ metadata }) => metadata.callId)).size).toBe(1);
    expect(asked).toHaveLength(3);
    expect(asked[0]!.metadata.callId).toBeDefined();
  });

  it('does not say that nothing happened where an earlier attempt may have been carried out', async () => {
    const { outcome } = asking(200, new NoReply(), kernelFailure('kernel.unavailable'));
    expect(await outcome).toMatchObject({ code: 'kernel.outcome_unknown' });
  });

  it('knows that nothing happened where it only asked a question', async () => {
    const { caller, outcome } = asking(200, new NoReply(), kernelFailure('kernel.unavailable'));
    await outcome;
    const answer = caller.call(new Look({}));
    await expect(answer).rejects.toMatchObject({ code: 'kernel.unavailable' });
  });

  it('says so where none was', async () => {
    // So soon that there is no time to ask again.
    expect(await asking(5, kernelFailure('kernel.unavailable')).outcome).toMatchObject({ code: 'kernel.unavailable' });
  });

  it('tells a refusal as it is, also after an attempt without a reply', async () => {
    const refusal = new Failure({ code: 'shop.closed', message: 'Closed.', status: 409, retryable: false });
    expect(await asking(5_000, new NoReply(), refusal).outcome).toBe(refusal);
  });

  it('gives up at once where asking again is of no use before the deadline', async () => {
    const open = kernelFailure('kernel.unavailable', { details: { retryAfter: 60 } });
    const { asked, outcome } = asking(5_000, open);
    expect(await outcome).toBe(open);
    expect(asked).toHaveLength(1);
  });
});

describe('a call under a client’s key', () => {
  it('is repeated under it where its reply was lost', async () => {
    expect(await callIds(new Do({}))).toEqual(['a key', 'a key']);
  });

  it('is repeated without it where its answer is not kept and it may be done again', async () => {
    expect(await callIds(new Enter({}))).toEqual([undefined, undefined]);
  });
});
