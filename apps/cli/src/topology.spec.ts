import { execFile } from 'node:child_process';
import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const main = join(import.meta.dirname, '../../../dist/apps/cli/src/main.js');

const cleave = (...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, [main, 'topology', ...words], (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });

describe('the command line of topologies', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'topologies-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('finds every file that is shipped sound', async () => {
    const files = globSync('topologies/*.yaml').toSorted();
    expect(files).toEqual(expect.arrayContaining(['topologies/monolith.yaml', 'topologies/split-redis.yaml']));
    for (const file of files) {
      expect({ file, ...(await cleave('check', file)) }).toEqual({
        file,
        code: 0,
        stdout: expect.stringMatching(
          /^topologies\/[a-z-]+\.yaml is sound: \d+ process(es)?, calls: .*, events: .*\.\n$/,
        ),
        stderr: '',
      });
    }
    expect((await cleave('check', 'topologies/split-redis.yaml')).stdout).toMatch(
      /sound: \d processes, calls: redis, events: redis in 16 partitions\.\n$/,
    );
  });

  it('names every mistake, with its line', async () => {
    const file = join(folder, 'wrong.yaml');
    writeFileSync(file, 'calls: rediss\nprocesses:\n  gateway: { http: true }\n  shop: { contexts: [carts] }\n');
    const { code, stdout, stderr } = await cleave('check', file);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.split('\n')).toEqual(
      expect.arrayContaining([
        'Wrong topology:',
        `  ${file}:1: calls: there is no transport "rediss": did you mean "redis"?`,
        expect.stringMatching(
          /:2: the context "catalog" runs nowhere, and "cart" calls catalog\.get-currency\.v1: add it/,
        ),
        `  ${file}:4: there is no context "carts": did you mean "cart"?`,
      ]),
    );
    expect(await cleave('show', file)).toEqual({ code, stdout, stderr });
  });

  it('draws for a terminal of 100 columns, and for Mermaid', async () => {
    const { stdout } = await cleave('show', 'topologies/split-redis.yaml');
    expect(stdout).toMatch(/^cart\n {2}cart\n(.*\n)*? {4}asks {2}──redis─▶ catalog +get-offers\n/m);
    expect(stdout.split('\n').filter((line) => line.length > 100)).toEqual([]);
    expect((await cleave('show', '--mermaid', 'topologies/split-redis.yaml')).stdout).toMatch(/^flowchart LR\n/);
  });
});
