import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';

/** The packages that a compiled file of the server loads before anything is called. */
function packagesOf(file: string): string[] {
  const url = join(import.meta.dirname, '../../../../dist/apps/server/src', file);
  const program = `
    import { registerHooks } from 'node:module';
    const packages = new Set();
    registerHooks({ load: (url, context, next) => {
      const [, name] = /node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(url) ?? [];
      if (name) packages.add(name);
      return next(url, context);
    } });
    await import(${JSON.stringify(url)});
    console.log(JSON.stringify([...packages]));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
  });
  if (stderr) throw new Error(stderr);
  return JSON.parse(stdout) as string[];
}

it.each(['start.js', 'launch/launcher.js', 'launch/part.js'])(
  'loads neither Nest nor the client of a broker to begin: %s',
  (file) => {
    const packages = packagesOf(file);
    expect(packages).toContain('zod');
    expect(packages.filter((name) => /^@nestjs\/|^typeorm$|^ioredis$|^@platformatic\//.test(name))).toEqual([]);
  },
);
