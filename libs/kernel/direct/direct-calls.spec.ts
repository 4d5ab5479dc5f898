/** @tag fault-injection */
import { createServer } from 'node:net';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { describe, expect, it, jest } from '@jest/globals';
import { SystemClock } from '#kernel/base';
import { NoReply } from '#kernel/core';
import { directProcesses } from '#kernel/direct/testing';
import { freePort } from '#kernel/local';
import { until } from '#kernel/testing';
import { callGuarantees, echo, expectAtMostOnce, insist, never, request } from '#kernel/testing/guarantees';
import { BreakingProxy } from './testing/breaking-proxy.js';

const { open, spawn, folder, warnings } = directProcesses();

callGuarantees({ name: 'direct connections', open });

describe('calls over direct connections', () => {
  it('wait for a process that is about to come', async () => {
    const [owner, asker] = [await open(), await open()];
    const asked = asker.call('shop', request({ n: 1 }));
    await owner.serve('shop', echo);
    expect(await asked).toEqual({ n: 1 });
  });

  it('are unavailable, surely not begun, where none comes', async () => {
    const asker = await open();
    await expect(asker.call('shop', request({}, 100))).rejects.toMatchObject({
      code: 'kernel.unavailable',
      retryable: true,
    });
  });

  it('go to the process with the fewest under way', async () => {
    const [busy, idle, asker] = [await open(), await open(), await open()];
    const begun = { busy: 0, idle: 0 };
    await busy.serve('shop', async ({ input }) => {
      begun.busy++;
      return 'stay' in input ? never() : input;
    });
    await until(() => asker.call('shop', request({})), 'it is found');
    for (let n = 0; n < 3; n++) void asker.call('shop', request({ stay: true })).catch(() => undefined);
    await until(() => begun.busy === 4, 'it has three under way');
    await idle.serve('shop', async ({ input }) => {
      begun.idle++;
      return input;
    });
    await until(async () => (await asker.call('shop', request({}))) && begun.idle > 0, 'the other is found');
    const before = begun.busy;
    for (let n = 0; n < 20; n++) await asker.call('shop', request({ n }));
    expect(begun.busy).toBe(before);
  });

  it('go to another process where one has a line that is too long, and are unavailable where all have', async () => {
    const [full, asker] = [await open({ concurrency: 1 }), await open()];
    const begun: object[] = [];
    await full.serve('shop', ({ input }) => {
      begun.push(input);
      return never();
    });
    const ask = (n: number) => asker.call('shop', request({ n })).catch((error: unknown) => error);
    const line = Array.from({ length: 1_001 }, (_, n) => ask(n));
    expect(await ask(1_001)).toMatchObject({ code: 'kernel.unavailable' });
    const free = await open();
    await free.serve('shop', echo);
    await until(async () => ((await ask(7)) as { n?: number }).n === 7, 'the other is found');
    expect(await Promise.all([ask(8), ask(9)])).toEqual([{ n: 8 }, { n: 9 }]);
    expect(begun).toHaveLength(1);
    await full.close();
    for (const lost of await Promise.all(line)) expect(lost).toBeInstanceOf(NoReply);
  });

  it('are not begun where their turn comes too late', async () => {
    const [owner, asker] = [await open({ concurrency: 1 }), await open()];
    const begun: object[] = [];
    let finish: (() => void) | undefined;
    await owner.serve('shop', ({ input }) => {
      begun.push(input);
      return new Promise((resolve) => (finish = () => resolve(input)));
    });
    const first = asker.call('shop', request({ n: 1 }));
    await until(() => finish, 'begun');
    const late = request({ n: 2 }, 100);
    await expect(asker.call('shop', late)).rejects.toBeInstanceOf(NoReply);
    await until(() => new SystemClock().now() > late.metadata.deadline, 'its time is over');
    finish!();
    await first;
    await until(() => owner.counters['expired'] === 1, 'dropped');
    expect(begun).toEqual([{ n: 1 }]);
  });

  it('are all answered while a process drains that has more of them in line, and by others from then on', async () => {
    const [leaving, staying, asker] = [await open({ concurrency: 2 }), await open(), await open()];
    const names = new Map([
      [leaving, 'leaving'],
      [staying, 'staying'],
    ]);
    for (const [process, name] of names)
      await process.serve('shop', async () => {
        await new Promise(setImmediate);
        return name;
      });
    const heard: unknown[] = [];
    await until(async () => {
      heard.push(await asker.call('shop', request({})));
      return new Set(heard).size === 2;
    }, 'both answer');
    let stop = false;
    const askers = Array.from({ length: 32 }, async () => {
      while (!stop) heard.push(await asker.call('shop', request({})));
    });
    await leaving.drain();
    const drained = heard.length;
    await until(() => heard.length > drained + 200, 'they go on');
    stop = true;
    await Promise.all(askers);
    expect(new Set(heard.slice(-100))).toEqual(new Set(['staying']));
  });

  it('are each carried out at most once, however often connections break', async () => {
    const [port, front] = [await freePort(), await freePort()];
    const [owner, asker] = [
      await open({ at: ['127.0.0.1'], environment: { DIRECT_PORT: String(port) } }),
      await open({ at: [`127.0.0.1:${front}`] }),
    ];
    await using proxy = await BreakingProxy.start(front, port);
    await expectAtMostOnce({
      owner,
      asker,
      breakConnections: () => proxy.breakAll(),
      longestPauseMs: 120,
      isEnough: (answered, unknown) => answered >= 60 && unknown >= 100 && proxy.broken >= 20,
    });
  });

  it('leave out an address at which nobody answers, or somebody else', async () => {
    const [port, silent, strange] = [await freePort(), await freePort(), await freePort()];
    const stranger = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(strange);
    await once(stranger, 'listening');
    try {
      const at = [silent, strange, port].map((one) => `127.0.0.1:${one}`);
      const owner = await open({ at: ['127.0.0.1'], environment: { DIRECT_PORT: String(port) } });
      const asker = await open({ at });
      await owner.serve('shop', echo);
      for (let n = 0; n < 20; n++) expect(await asker.call('shop', request({ n }))).toEqual({ n });
      await until(() => warnings.length >= 2, 'both are logged');
      expect(warnings.toSorted()).toEqual(
        [
          `"shop" at 127.0.0.1:${silent} is away: connect ECONNREFUSED`,
          `"shop" at 127.0.0.1:${strange} is away: a frame of`,
        ]
          .toSorted()
          .map((line) => expect.stringContaining(line) as unknown as string),
      );
    } finally {
      stranger.close();
    }
  });

  it('are refused by a process in which the context does not run', async () => {
    const port = await freePort();
    const other = await open({ at: ['127.0.0.1'], environment: { DIRECT_PORT: String(port) } });
    await other.serve('storage', echo);
    const asker = await open({ at: [`127.0.0.1:${port}`] });
    await expect(asker.call('shop', request({}, 500))).rejects.toMatchObject({ code: 'kernel.unavailable' });
    expect(warnings).toContainEqual(expect.stringContaining('no "shop" runs there'));
  });

  it('stop the start of a process whose port is taken, and say what to do', async () => {
    const port = await freePort();
    const own = { at: ['127.0.0.1'], environment: { DIRECT_PORT: String(port) } };
    await (await open(own)).serve('shop', echo);
    const second = await open(own);
    await expect(second.serve('shop', echo)).rejects.toThrow(/127\.0\.0\.1:\d+ \(EADDRINUSE\)\. Set DIRECT_PORT/);
  });
});

describe('calls over direct connections while a process is in trouble', () => {
  it('are answered where who asked was busy for longer than a silence lasts', async () => {
    const [asker] = [await open(), await spawn('owner')];
    await asker.call('shop', request({}));
    const asked = asker.call('shop', request({}, 60_000));
    const busyUntil = performance.now() + 6_000;
    await new Promise(setImmediate); // it leaves
    while (performance.now() < busyUntil); // the event loop is blocked
    expect(await asked).toBe('owner');
    expect(warnings).toEqual([]);
  });

  const both = async (asker: Awaited<ReturnType<typeof open>>) => {
    const heard = new Set<unknown>();
    await until(async () => heard.add(await asker.call('shop', request({}))).size === 2, 'both answer');
  };
  const stuck = async (asker: Awaited<ReturnType<typeof open>>) => {
    const calls = Array.from({ length: 2 }, () => asker.call('shop', request({ never: true }, 60_000)));
    return calls.map((call) => call.catch((error: unknown) => error)); // one at each of the two
  };

  it('end at once with an unknown outcome where it is killed; all others are answered by the rest', async () => {
    const [asker, victim] = [await open(), await spawn('victim')];
    await spawn('heir');
    await both(asker);
    const calls = await stuck(asker);
    await asker.call('shop', request({})); // by now both have left
    victim.kill('SIGKILL');
    expect(await Promise.race(calls)).toBeInstanceOf(NoReply);
    for (let n = 0; n < 20; n++) expect(await insist(asker, {})).toBe('heir');
    await spawn('victim');
    await both(asker);
  });

  it('end with an unknown outcome soon where it hangs, which gets no more of them until it goes on', async () => {
    const [asker, victim] = [await open(), await spawn('victim')];
    await spawn('heir');
    await both(asker);
    const calls = await stuck(asker);
    await asker.call('shop', request({}));
    victim.kill('SIGSTOP');
    for (let n = 0; n < 20; n++) await asker.call('shop', request({}, 4_000)).catch(() => undefined); // one at most meets it
    expect(await Promise.race(calls)).toBeInstanceOf(NoReply);
    for (let n = 0; n < 20; n++) expect(await asker.call('shop', request({}))).toBe('heir');
    victim.kill('SIGCONT');
    await both(asker);
  });

  it('finish at a process that is told to end', async () => {
    const [asker, leaving] = [await open(), await spawn('leaving')];
    const asked = Array.from({ length: 100 }, () => asker.call('shop', request({})));
    await asked[0];
    const ended = once(leaving, 'exit');
    leaving.kill('SIGTERM');
    expect(new Set(await Promise.all(asked))).toEqual(new Set(['leaving']));
    expect(await ended).toEqual([0, null]);
    expect(await readdir(folder())).toEqual([]);
  });
});

jest.setTimeout(60_000);
