import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { until } from '#kernel/testing';
import { Loop } from './loop.js';

const DAY_MS = 86_400_000;

describe('a loop', () => {
  let loop: Loop | undefined;
  afterEach(async () => {
    await loop?.stop();
    jest.restoreAllMocks();
  });

  it('comes again when its round says so, or when it is woken', async () => {
    const answers = [1, 1];
    const round = jest.fn(async () => answers.shift());
    loop = new Loop('Trial', 'failing', DAY_MS, round);
    loop.start();
    await until(() => round.mock.calls.length === 3, 'it came again');
    loop.wake();
    await until(() => round.mock.calls.length === 4, 'it was woken');
  });

  it('begins later where it is told to, and never once it has stopped', async () => {
    const round = jest.fn(async () => undefined);
    loop = new Loop('Trial', 'failing', DAY_MS, round);
    loop.start(DAY_MS);
    await loop.stop();
    expect(round).not.toHaveBeenCalled();
  });

  it('tells what fails, and goes on', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const round = jest.fn(async () => {
      if (round.mock.calls.length === 1) throw new Error('at first');
    });
    loop = new Loop('Trial', 'it does not work', 1, round);
    loop.start();
    await until(() => round.mock.calls.length > 1, 'it goes on');
    expect(warn.mock.calls).toEqual([['it does not work: Error: at first']]);
  });

  it('stops when what was begun is done', async () => {
    let finish = (): void => undefined;
    const round = jest.fn(() => new Promise<void>((resolve) => (finish = resolve)));
    loop = new Loop('Trial', 'failing', 1, round);
    loop.start();
    await until(() => round.mock.calls.length === 1, 'it has begun');
    let stopped = false;
    const stop = loop.stop().then(() => (stopped = true));
    await Promise.resolve();
    expect(stopped).toBe(false);
    finish();
    await stop;
    expect(round).toHaveBeenCalledTimes(1);
  });
});
