import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ProcessesFile } from './processes-file.js';

let dataDir: string;
let file: ProcessesFile;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'processes-'));
  file = new ProcessesFile(dataDir);
});
afterEach(() => rm(dataDir, { recursive: true }));

const here = { replica: 1, ports: { http: 3000 } };
const names = async () => (await file.living()).map(({ name }) => name);

describe('processes.json', () => {
  it('loses nobody of many that come at once', async () => {
    const children = Array.from({ length: 8 }, () => spawn('sleep', ['60']));
    const pids = children.map(({ pid }) => pid!);
    await Promise.all(
      pids.map((pid, index) => new ProcessesFile(dataDir).add({ name: `part-${index}`, pid, ...here })),
    );
    expect(new Set((await file.living()).map(({ pid }) => pid))).toEqual(new Set(pids));
    for (const child of children) {
      const exit = once(child, 'exit');
      child.kill();
      await exit;
    }
  });

  it('knows one database, however often it is told of it', async () => {
    await file.add({ name: 'postgres', service: true, pid: process.pid, ...here });
    await file.add(
      { name: 'postgres', service: true, pid: process.ppid, ...here },
      { name: 'server', pid: process.pid, ...here },
    );
    expect(await file.living()).toMatchObject([
      { name: 'postgres', pid: process.ppid },
      { name: 'server', pid: process.pid },
    ]);
  });

  it('takes nobody for a process that had the same pid before', async () => {
    await file.add({ name: 'server', pid: process.pid, ...here });
    expect(await names()).toEqual(['server']);
    const path = join(dataDir, 'processes.json');
    const [server] = JSON.parse(await readFile(path, 'utf8')) as [object];
    await writeFile(path, JSON.stringify([{ ...server, identity: 'of another start' }]));
    expect(await names()).toEqual([]);
  });
});
