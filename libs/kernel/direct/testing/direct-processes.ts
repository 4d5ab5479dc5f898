import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { type Environment, SystemClock, SystemRandomness } from '#kernel/base';
import type { CallTransport } from '#kernel/core';
import { direct } from '#kernel/direct';

const replica = join(import.meta.dirname, '../../../../dist/libs/kernel/direct/testing/direct-replica.js');

/** The options of one process that differ from those of all. */
interface ProcessOptions {
  readonly key?: string | undefined;
  readonly concurrency?: number;
  readonly maxBytes?: number;
  readonly environment?: Environment;
  /** The hosts of the context `shop`, where it is not found by the folder. */
  readonly at?: readonly string[];
}

/** Processes that call each other directly, and find each other in a folder of the test that runs. All end with it. */
export function directProcesses() {
  const key = 'a key that the test made up';
  const opened: CallTransport[] = [];
  const children: ChildProcess[] = [];
  const warnings: string[] = [];
  let folder: string;

  beforeAll(() => {
    const quiet = (): void => undefined;
    Logger.overrideLogger({ log: quiet, error: quiet, warn: (line: string) => void warnings.push(line) });
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cleave-direct-'));
    warnings.length = 0;
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((calls) => calls.close()));
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  return {
    key,
    /** The warnings that were logged since the test began. */
    warnings,
    folder: () => folder,

    /** A transport in this process. */
    open: async ({ environment, at, ...options }: ProcessOptions = {}): Promise<CallTransport> => {
      const hosts = new Map(at ? [['shop', at]] : []);
      const calls = await direct.calls!({
        environment: { ...(!at && { DIRECT_FOLDER: folder }), ...environment },
        hosts,
        partitions: 1,
        prefix: 'test',
        instance: 'test',
        key,
        clock: new SystemClock(),
        randomness: new SystemRandomness(),
        ...options,
      });
      opened.push(calls);
      return calls;
    },

    /** A process of its own that serves `shop` and answers its name. */
    spawn: async (name: string): Promise<ChildProcess> => {
      const child = spawn(process.execPath, [replica, folder, key, name], { stdio: ['ignore', 'pipe', 'inherit'] });
      children.push(child);
      await once(child.stdout, 'data');
      return child;
    },
  };
}
