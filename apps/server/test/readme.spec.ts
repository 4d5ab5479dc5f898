import { execFile } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { until } from '#kernel/testing';
import { RunningServer } from './running-server.js';

describe('the README', () => {
  it('is shorter than 150 lines, and what it types into a shell does what it says', async () => {
    const readme = await readFile('README.md', 'utf8');
    expect(readme.split('\n').length).toBeLessThan(150);
    const scripts = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, script]) => script!);
    const typed = scripts.filter((script) => !script.startsWith('npm ci')); // this very run
    const server = await RunningServer.start();
    try {
      await until(() => server.output.includes('Cleave is ready.'), 'the demo catalogue is in', 30);
      const ready = /```\n(Cleave is ready\.[\s\S]*?)```/.exec(readme)![1]!;
      expect(server.output).toContain(ready.replaceAll('localhost:3000', `localhost:${server.port}`));
      const script = typed
        .join('\necho\n')
        .replaceAll('localhost:3000', `localhost:${server.port}`)
        .replaceAll('/tmp/checkout', join(server.dataDir, 'checkout'));
      const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], {
        env: {
          ...process.env,
          PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH']}`,
          CLEAVE_DATA_DIR: server.dataDir,
        },
      });
      for (const said of [
        /"status":"confirmed".*"payment":\{"id":"[^"]+","status":"captured"/,
        /"noRoom":\[\]/, // the claim
        /"items":\[\],"nextCursor":null/, // the member's orders
        /"refundId"/,
        /"created":0,"updated":0,"unchanged":69,"rejected":\[\]/,
        /"created":1,"updated":0,"unchanged":0,"rejected":\[\]/,
        /"sku":"MUG-1","onHand":40/,
        /No dead letters\./,
        /Flow [0-9a-f]{32}: \d+ messages[\s\S]*payments\.payment-captured\.v1/,
      ])
        expect(stdout).toMatch(said);
    } finally {
      await server.stop();
    }
  }, 120_000);

  it('and the other pages link to what is there', async () => {
    const dead: string[] = [];
    for (const page of globSync(['*.md', 'docs/**/*.md', 'apps/*/README.md', 'libs/*/README.md'])) {
      for (const [, target] of (await readFile(page, 'utf8')).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g))
        if (!existsSync(join(dirname(page), target!))) dead.push(`${page}: ${target}`);
    }
    expect(dead).toEqual([]);
  });
});
