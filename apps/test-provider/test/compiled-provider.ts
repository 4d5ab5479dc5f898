import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { transformSync } from '@swc/core';

const source = resolve('apps/test-provider/src');

/**
 * The provider as a program: its sources as JavaScript, under node_modules so that its imports resolve from there.
 * `name` keeps specs that run at the same time apart. Returns the path of its main.js, and how to remove it.
 */
export function compileProvider(name: string): { entry: string; remove(): void } {
  const folder = resolve('node_modules/.cache', name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  for (const file of readdirSync(source).filter((each) => each.endsWith('.ts') && !each.endsWith('.spec.ts'))) {
    const { code } = transformSync(readFileSync(join(source, file), 'utf8'), {
      configFile: false,
      swcrc: false,
      jsc: { parser: { syntax: 'typescript' }, target: 'es2024', transform: { verbatimModuleSyntax: true } },
      module: { type: 'es6' },
    });
    writeFileSync(join(folder, file.replace(/\.ts$/, '.js')), code);
  }
  return { entry: join(folder, 'main.js'), remove: () => rmSync(folder, { recursive: true, force: true }) };
}
