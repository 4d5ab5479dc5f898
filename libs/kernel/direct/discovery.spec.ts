import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { DnsDiscovery } from './dns-discovery.js';
import { FolderDiscovery } from './folder-discovery.js';

describe('discovery by a folder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = join(await mkdtemp(join(tmpdir(), 'cleave-direct-')), 'direct');
  });
  afterEach(() => rm(join(folder, '..'), { recursive: true }));

  it('finds who has announced a context, until they take it back', async () => {
    const [one, other, asker] = [new FolderDiscovery(folder), new FolderDiscovery(folder), new FolderDiscovery(folder)];
    await one.announce('shop', 4_001);
    await one.announce('storage', 4_001);
    await other.announce('shop', 4_002);
    const ports = async (context: string) =>
      (await asker.find(context)).map(({ port }) => port).toSorted((a, b) => a - b);
    expect(await ports('shop')).toEqual([4_001, 4_002]);
    expect(await ports('storage')).toEqual([4_001]);
    expect(await asker.find('shop')).toContainEqual({ host: '127.0.0.1', ip: '127.0.0.1', port: 4_001 });
    await one.withdraw();
    expect(await ports('shop')).toEqual([4_002]);
    expect(await ports('storage')).toEqual([]);
  });

  it('passes over a process that has died, and one that has its pid since', async () => {
    const asker = new FolderDiscovery(folder);
    await asker.announce('shop', 4_001);
    for (const dead of ['shop.4002.999999999-1', `shop.4003.${process.pid}-1`]) await writeFile(join(folder, dead), '');
    expect((await asker.find('shop')).map(({ port }) => port)).toEqual([4_001]);
    expect(await readdir(folder)).toHaveLength(1);
  });

  it('is closed to other users of the machine', async () => {
    expect(await new FolderDiscovery(folder).find('shop')).toEqual([]);
    expect((await stat(folder)).mode & 0o077).toBe(0);
  });
});

describe('discovery by DNS', () => {
  const find = (...hosts: string[]) => new DnsDiscovery(new Map([['shop', hosts]]), 7_400).find('shop');

  it('finds every address of every host, on the usual port where none is named', async () => {
    expect(await find('10.0.0.7', '10.0.0.8:9000', '[fd00::7]:9000', '[fd00::8]')).toEqual([
      { host: '10.0.0.7', ip: '10.0.0.7', port: 7_400 },
      { host: '10.0.0.8', ip: '10.0.0.8', port: 9_000 },
      { host: 'fd00::7', ip: 'fd00::7', port: 9_000 },
      { host: 'fd00::8', ip: 'fd00::8', port: 7_400 },
    ]);
    expect(await find('localhost:9000')).toContainEqual({ host: 'localhost', ip: '127.0.0.1', port: 9_000 });
  });

  it('passes over a host that is unknown, and says so', async () => {
    const warnings: string[] = [];
    Logger.overrideLogger({
      log: () => undefined,
      error: () => undefined,
      warn: (line: string) => void warnings.push(line),
    });
    expect(await find('10.0.0.7', 'nowhere.invalid')).toHaveLength(1);
    expect(warnings).toEqual([expect.stringMatching(/^"nowhere\.invalid" cannot be looked up: /)]);
  });

  it('knows nobody of a context that the topology does not have', async () => {
    expect(await new DnsDiscovery(new Map(), 7_400).find('shop')).toEqual([]);
  });
});
