import { beforeEach, describe, expect, it } from '@jest/globals';
import { Clock } from '#kernel/base';
import { anonymous, runIn } from '#kernel/core';
import { PasswordLine } from './password-line.js';

class StandingClock extends Clock {
  time = 1_000_000;

  now(): number {
    return this.time;
  }
}

describe('The line of those whose password is hashed', () => {
  let clock: StandingClock;
  let line: PasswordLine;
  beforeEach(() => {
    clock = new StandingClock();
    line = new PasswordLine(clock);
  });

  /** So many come at once, each with five seconds; `end` lets every hash that is begun, and that begins then, end. */
  const crowd = (size: number) => {
    const ends: (() => void)[] = [];
    let over = false;
    const hash = () => (over ? Promise.resolve() : new Promise<void>((resolve) => ends.push(resolve)));
    const context = { correlationId: 'crowd', principal: anonymous, deadline: clock.now() + 5_000 };
    const all = Array.from({ length: size }, () => runIn(context, () => line.run(hash)));
    const answers = Promise.allSettled(all);
    const end = async () => {
      over = true;
      for (const each of ends) each();
      return (await answers).map((one) => (one.status === 'fulfilled' ? 'hashed' : one.reason));
    };
    return { ends, end };
  };
  const busy = { code: 'identity.busy', status: 503, retryable: false };

  it('serves who comes alone, or with few others', async () => {
    expect(await crowd(20).end()).toEqual(Array(20).fill('hashed'));
  });

  it('keeps a few cores busy, and tells at once who would come too late when to come again', async () => {
    const { ends, end } = crowd(1_000);
    expect(ends.length).toBeLessThanOrEqual(3);
    const answers = await end();
    const served = answers.indexOf(answers.find((answer) => answer !== 'hashed'));
    expect(served).toBeGreaterThan(40);
    expect(answers.slice(0, served)).toEqual(Array(served).fill('hashed'));
    for (const answer of answers.slice(served)) expect(answer).toMatchObject({ ...busy, details: { retryAfter: 3 } });
    expect(await crowd(20).end()).toEqual(Array(20).fill('hashed'));
  });

  it('hashes for nobody whose turn comes too late after all', async () => {
    const { ends, end } = crowd(10);
    clock.time += 2_501;
    expect(await end()).toEqual([
      ...Array(ends.length).fill('hashed'),
      ...Array(10 - ends.length).fill(expect.objectContaining(busy)),
    ]);
  });
});
