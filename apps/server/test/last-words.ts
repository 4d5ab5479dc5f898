import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { freePort } from '#kernel/local';
import { newDataDir } from './running-server.js';

const main = join(import.meta.dirname, '../../../dist/apps/server/src/main.js');

/** The stderr of a start with these settings, which is expected to fail. */
export async function lastWords(env: Readonly<Record<string, string>>): Promise<string> {
  const dir = await newDataDir();
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env['PATH'], PORT: String(await freePort()), CLEAVE_DATA_DIR: dir, ...env },
    cwd: dir,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  await rm(dir, { recursive: true, force: true });
  expect({ code, said }).toMatchObject({ code: 1 });
  return said;
}
