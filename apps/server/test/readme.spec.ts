import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { delimiter, dirname } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { until } from '#kernel/testing';
import { RunningServer } from './running-server.js';

describe('the README', () => {
  it('is shorter than 150 lines, and its checkout by curl buys something', async () => {
    const readme = await readFile('README.md', 'utf8');
    expect(readme.split('\n').length).toBeLessThan(150);
    const [, script] = /## A checkout by curl\n```sh\n([\s\S]*?)```/.exec(readme)!;
    const server = await RunningServer.start();
    try {
      await until(() => server.output.includes('Cleave is ready.'), 'the demo catalogue is in', 30);
      const { stdout } = await promisify(execFile)(
        'bash',
        ['-euo', 'pipefail', '-c', script!.replaceAll('localhost:3000', `localhost:${server.port}`)],
        {
          env: { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH']}` },
        },
      );
      const order = JSON.parse(/\{"id":"[^"]+","number".*$/s.exec(stdout)![0]) as object;
      expect(order).toMatchObject({ status: 'confirmed', payment: { status: 'captured' } });
    } finally {
      await server.stop();
    }
  }, 90_000);
});
