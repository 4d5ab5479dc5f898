import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';

const server = join(import.meta.dirname, '../../../dist/apps/server/src');

/** Makes a process's modules as its server does, and tells the files of this project that Node has loaded for it. */
const program = (contexts: string): string => `
  import { registerHooks } from 'node:module';
  const loaded = new Set();
  registerHooks({ load: (url, context, next) => (loaded.add(url), next(url, context)) });
  const { AppModule } = await import(${JSON.stringify(join(server, 'app.module.js'))});
  await import(${JSON.stringify(join(server, 'serve.js'))});
  const processes = new Map([['this', { http: ${contexts === '[]'}, contexts: ${contexts} }]]);
  await AppModule.of({ environment: {} }, { topology: { processes }, process: 'this' });
  console.log(JSON.stringify([...loaded].flatMap((url) => url.split('/dist/')[1] ?? [])));
`;

async function filesLoadedFor(contexts: readonly string[]): Promise<string[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--input-type=module',
    '--eval',
    program(JSON.stringify(contexts)),
  ]);
  return JSON.parse(stdout) as string[];
}

/** Files of a context that are neither contract nor edge, nor a migration. */
const core = /^(libs\/(?!kernel\/)[^/]+\/src\/(?!contracts\/|http\/)|migrations\/)/;
const edge = /^libs\/(?!kernel\/)[^/]+\/src\/http\//;

describe('A process of a split shop', () => {
  it('loads no file of a core where it is a gateway', async () => {
    const files = await filesLoadedFor([]);
    expect(files.filter((file) => edge.test(file)).length).toBeGreaterThan(10);
    expect(files.filter((file) => core.test(file))).toEqual([]);
  });

  it('loads its own cores and no edge where it has contexts', async () => {
    const files = await filesLoadedFor(['cart']);
    const contexts = files.flatMap((file) =>
      core.test(file) ? (/^(?:libs|migrations)\/([^/]+)/.exec(file)![1] ?? []) : [],
    );
    expect([...new Set(contexts)]).toEqual(['cart']);
    expect(files.filter((file) => edge.test(file))).toEqual([]);
  });
});
