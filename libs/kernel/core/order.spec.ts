/** @tag fault-injection */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { testDatabase, until } from '#kernel/testing';

const program = join(import.meta.dirname, '../../../dist/libs/kernel/testing/trial/trial-process.js');
const KEYS = 200;

describe('the order of messages', () => {
  const processes: ChildProcess[] = [];
  afterEach(async () => {
    await Promise.all(
      processes.splice(0).map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        child.kill('SIGKILL');
        await once(child, 'exit');
      }),
    );
  });

  /** Starts a process of the trial; `said` resolves with the first line that it prints of that text. */
  function start(url: string, instance: string, rounds: number, env: Record<string, string>) {
    const child = spawn(process.execPath, [program, url, instance, String(KEYS), String(rounds)], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    processes.push(child);
    const lines = new Set<string>();
    createInterface({ input: child.stdout! }).on('line', (line) => lines.add(line));
    return { child, said: (line: string) => until(() => lines.has(line), `${instance} says "${line}"`, 100) };
  }

  it.each([
    ['', {}],
    [' under rehearsal', { CLEAVE_REHEARSAL: 'order' }],
  ])(
    'holds per key over two processes%s, while handlers fail and one process is killed and comes back',
    async (_, env) => {
      expect(existsSync(program)).toBe(true); // built by `npm test`
      const { url, drop } = await testDatabase();
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      try {
        const rounds = 5;
        const first = start(url, 'first', rounds, { CLEAVE_TRIAL_TROUBLE: 'one', ...env });
        await first.said('started');
        const second = start(url, 'second', rounds, { CLEAVE_TRIAL_TROUBLE: 'two', ...env });
        await Promise.all([first.said('counted'), second.said('counted')]);
        second.child.kill('SIGKILL');
        const third = start(url, 'second', rounds, { CLEAVE_TRIAL_TROUBLE: 'three', ...env });
        await third.said('counted');
        const total = KEYS * rounds * 3;
        const count = async () =>
          Number((await client.query<{ n: string }>('select count(*) as n from sink.heard')).rows[0]!.n);
        await until(async () => (await count()) >= total * 2, 'every message is heard by both subscribers', 100);
        const { rows } = await client.query<{ ns: number[] }>(
          'select array_agg(n order by seq) as ns from sink.heard group by subscriber, key',
        );
        expect(rows).toHaveLength(KEYS * 2);
        for (const { ns } of rows) expect(ns).toEqual(Array.from({ length: rounds * 3 }, (__, index) => index + 1));
      } finally {
        await client.end();
        await drop();
      }
    },
    180_000,
  );
});
