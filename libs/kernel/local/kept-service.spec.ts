/** @tag fault-injection */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { until } from '#kernel/testing';
import { KeptService } from './kept-service.js';
import type { LocalService, RunningService } from './local-service.js';

const children: ChildProcess[] = [];
let told: string[];
let noted: number;
let port: number;
let failures: number;

/** A process that sleeps, at an address that nobody serves. */
const sleeper: LocalService = {
  name: 'sleeper',
  port: 'sleep',
  setting: 'SLEEPER_URL',
  start: async () => {
    if (failures-- > 0) throw new Error('its folder is locked');
    const child = spawn('sleep', ['600'], { stdio: 'ignore' });
    children.push(child);
    await once(child, 'spawn');
    const stop = () => kill(child);
    return { environment: { SLEEPER_URL: `sleep:${port}` }, pid: child.pid!, port, adopted: false, stop };
  },
};

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

let kept: KeptService;
const pid = async () => (await kept.entry()).pid;
/** The service of a process that dies now, once it has started again. */
async function deathOf(victim: number): Promise<number> {
  await kill(children.find((child) => child.pid === victim)!);
  return until(async () => (await pid()) !== victim && (await pid()), 'it has started again');
}

describe('a service that is kept', () => {
  beforeEach(() => {
    [told, noted, port, failures] = [[], 0, 4000, 0];
    const options = { dataDir: '', environment: {}, tell: (line: string) => void told.push(line) };
    kept = new KeptService(sleeper, { ...options, serving: Promise.resolve() });
    kept.keep(async () => void noted++);
  });
  afterEach(async () => {
    await kept.release();
    for (const child of children.splice(0)) await kill(child);
  });

  it('starts again when it dies, each time, and is noted', async () => {
    expect(await kept.address).toEqual({ SLEEPER_URL: 'sleep:4000' });
    const first = await pid();
    const second = await deathOf(first);
    await deathOf(second);
    await until(() => noted === 2, 'it is noted');
    expect(told).toEqual([first, second].map((one) => `sleeper (pid ${one}) has died: it starts again on its data`));
    expect(await kept.entry()).toMatchObject({ name: 'sleeper', ports: { sleep: 4000 }, service: true });
  });

  it('is tried again where it cannot start, and says why', async () => {
    const first = await pid();
    failures = 1;
    await deathOf(first);
    expect(told).toEqual([
      `sleeper (pid ${first}) has died: it starts again on its data`,
      'sleeper could not start again, and is tried in 0.25 s: its folder is locked',
    ]);
  });

  it('says where it runs on another port, which its clients do not know', async () => {
    const first = await pid();
    port = 4001;
    await deathOf(first);
    await until(() => told.length === 2, 'it is told');
    expect(told[1]).toMatch(/^sleeper runs on another port now, .*: stop all, and start it again$/);
  });

  it('is left as it is once it is released', async () => {
    const last = (await kept.release()) as RunningService;
    await last.stop();
    expect(children.map((child) => child.pid)).toEqual([last.pid]);
    expect(told).toEqual([]);
  });
});
